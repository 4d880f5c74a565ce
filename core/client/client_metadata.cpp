// SPDX-License-Identifier: BSD-2-Clause
// Reads one client from its registration metadata, member by member; the first that is wrong refuses it.
#include <algorithm>
#include <array>

#include "core/client/uris.h"
#include "core/text/uri.h"

namespace slo {
namespace {

using metadata::blame;
using metadata::blame_value;
using metadata::Done;
using metadata::Read;

#define SLO_TRY(name, expression) \
  auto name = (expression);       \
  if (!name) return tl::unexpected(std::move(name).error())

constexpr const char* default_enc = "A128CBC-HS256";

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
}

Done read_identity(const json_t* object, const ClientRules&, Client& client) {
  SLO_TRY(id, metadata::optional_string(object, "client_id"));
  if (!*id) return blame("client_id", "is missing");
  if (!is_storable(**id) || !is_visible_ascii(**id)) {
    return blame_value("client_id", **id, "must be 1 to 255 printable ASCII characters");
  }
  if (is_application(ClientId{**id})) {
    return blame_value("client_id", **id, "must not begin with \"app:\": so do those of applications");
  }
  SLO_TRY(name, metadata::optional_string(object, "client_name"));
  client.id = ClientId{**id};
  client.name = name->value_or(std::string{});
  if (client.name.empty()) client.name = client.id.value;
  return {};
}

Done read_kind(const json_t* object, const ClientRules&, Client& client) {
  SLO_TRY(method, metadata::optional_string(object, "token_endpoint_auth_method"));
  SLO_TRY(type, metadata::optional_string(object, "application_type"));
  SLO_TRY(subject_type, metadata::optional_string(object, "subject_type"));
  client.confidential = *method != "none";
  client.native = *type == "native";
  client.pairwise = *subject_type == "pairwise";
  return {};
}

Done read_redirects(const json_t* object, const ClientRules& rules, Client& client) {
  SLO_TRY(redirects, metadata::strings(object, "redirect_uris"));
  for (const std::string& uri : *redirects) {
    if (Done fine = metadata::check_redirect_uri(uri); !fine) return fine;
  }
  client.redirect_uris = *std::move(redirects);

  SLO_TRY(post_logout, metadata::strings(object, "post_logout_redirect_uris"));
  for (std::string& uri : *post_logout) {
    if (Done fine = metadata::check_post_logout_uri(uri, client, rules); !fine) return fine;
    if (auto portless = loopback_without_port(uri); client.native && portless) {
      client.loopback_redirects.insert(*std::move(portless));
    }
    client.post_logout_redirect_uris.insert(std::move(uri));
  }
  return {};
}

Read<bool> read_session_required(const json_t* object, const char* member, const ClientRules& rules) {
  Read<bool> required = metadata::boolean_or(object, member, false);
  if (required && *required && !rules.op_has_sid) {
    return blame(member, "must not be true: this OpenID Provider has no sid to send");
  }
  return required;
}

Done read_backchannel(const json_t* object, const ClientRules& rules, Client& client) {
  SLO_TRY(required, read_session_required(object, "backchannel_logout_session_required", rules));
  client.backchannel_logout_session_required = *required;
  SLO_TRY(uri, metadata::optional_string(object, "backchannel_logout_uri"));
  if (!*uri) return {};
  SLO_TRY(target, metadata::read_backchannel_uri(**uri, client, rules));
  client.backchannel_logout_uri = *std::move(target);
  return {};
}

// An origin and nothing more, and nothing that would end the policy which names it.
Done read_frame_origins(const json_t* object, Client& client) {
  constexpr const char* member = "frontchannel_logout_frame_origins";
  SLO_TRY(origins, metadata::strings(object, member));
  for (const std::string& text : *origins) {
    const auto uri = read_uri(text);
    const bool is_origin = uri && uri->is_http() && !uri->userinfo && !uri->query && !uri->fragment &&
                           (uri->path.empty() || uri->path == "/") &&
                           uri->host.find_first_of(";,'*()") == std::string::npos;
    if (!is_origin) {
      return blame_value(member, text, "must be an origin such as https://login.example.com");
    }
    client.frontchannel_logout_frame_origins.push_back(uri->origin());
  }
  return {};
}

Done read_frontchannel(const json_t* object, const ClientRules& rules, Client& client) {
  SLO_TRY(required, read_session_required(object, "frontchannel_logout_session_required", rules));
  client.frontchannel_logout_session_required = *required;
  SLO_TRY(uri, metadata::optional_string(object, "frontchannel_logout_uri"));
  if (!*uri) return {};
  if (Done fine = metadata::check_frontchannel_uri(**uri, client, rules); !fine) return fine;
  client.frontchannel_logout_uri = **uri;
  return read_frame_origins(object, client);
}

// A client that gets no logout tokens may have its ID Tokens signed as it likes, or not at all.
Done read_signing(const json_t* object, const ClientRules&, Client& client) {
  constexpr const char* member = "id_token_signed_response_alg";
  SLO_TRY(name, metadata::optional_string(object, member));
  if (!*name) return {};
  client.id_token_signed_response_alg = jose::read_algorithm(**name);
  if (client.id_token_signed_response_alg || !client.channels().back) return {};
  if (*name == "none") {
    return blame_value(member, **name,
                       "cannot sign logout tokens: choose another, or leave out \"backchannel_logout_uri\"");
  }
  return blame_value(member, **name,
                     "is not a known algorithm: use RS256, PS256, ES256, EdDSA or one of their relatives");
}

// RFC 7518, section 3.2: as long as the digest.
std::size_t least_secret(jose::Algorithm algorithm) {
  if (algorithm == jose::Algorithm::HS512) return 64;
  return algorithm == jose::Algorithm::HS384 ? 48 : 32;
}

Done read_secret(const json_t* object, const ClientRules&, Client& client) {
  constexpr const char* member = "client_secret";
  SLO_TRY(text, metadata::optional_string(object, member));
  const auto algorithm = client.id_token_signed_response_alg;
  if (!algorithm || !jose::is_symmetric(*algorithm)) return {};
  Outcome<jose::Key> secret = jose::Key::from_secret(text->value_or(std::string{}));
  if (!secret || !secret->fits(*algorithm)) {
    return blame(member, "must be at least " + std::to_string(least_secret(*algorithm)) +
                             " bytes long to sign with \"" + std::string(jose::name_of(*algorithm)) + '"');
  }
  client.secret = *std::move(secret);
  return {};
}

Done read_jwks(const json_t* object, const ClientRules&, Client& client) {
  const json_t* jwks = metadata::find(object, "jwks");
  if (jwks == nullptr) return {};
  Outcome<jose::KeySet> keys = jose::KeySet::parse(dump_json(jwks));
  if (!keys) return blame("jwks", "must be a JWK set: an object with an array \"keys\"");
  client.jwks = *std::move(keys);
  return {};
}

bool wants_shared_key(std::string_view alg) {
  return alg == "dir" || (alg.starts_with('A') && alg.ends_with("KW"));
}

Done check_encryption_is_known(const Client& client) {
  const std::string& alg = client.id_token_encrypted_response_alg;
  const std::string& enc = client.id_token_encrypted_response_enc;
  if (!jose::is_known_encryption(alg, default_enc)) {
    return blame_value("id_token_encrypted_response_alg", alg, "is not supported: use RSA-OAEP or ECDH-ES");
  }
  if (!jose::is_known_encryption(alg, enc)) {
    return blame_value("id_token_encrypted_response_enc", enc,
                       "is not supported: use A128CBC-HS256 or A256GCM");
  }
  return {};
}

// OpenID Connect Core 1.0, section 10.2: the key is made of the client_secret.
Done read_encryption_secret(const json_t* object, Client& client) {
  const std::string& alg = client.id_token_encrypted_response_alg;
  auto secret = jose::Key::from_secret(string_member(object, "client_secret").value_or(std::string{}));
  if (!secret) return blame("client_secret", "must be at least 32 bytes long to encrypt with \"" + alg + '"');
  const auto key = jose::encryption_key_of(*secret, alg, client.id_token_encrypted_response_enc);
  if (!key) return blame("client_secret", "cannot encrypt with \"" + alg + "\": " + key.error().detail);
  client.secret = *std::move(secret);
  return {};
}

bool has_encryption_key(const Client& client) {
  const auto fits = [&](const jose::Key& key) {
    return key.fits_encryption(client.id_token_encrypted_response_alg,
                               client.id_token_encrypted_response_enc);
  };
  return client.jwks && std::ranges::any_of(client.jwks->keys(), fits);
}

Done check_encryption(const json_t* object, Client& client) {
  if (Done known = check_encryption_is_known(client); !known) return known;
  const std::string& alg = client.id_token_encrypted_response_alg;
  if (wants_shared_key(alg)) return read_encryption_secret(object, client);
  if (has_encryption_key(client)) return {};
  return blame_value("id_token_encrypted_response_alg", alg,
                     "needs a fitting key for encryption in \"jwks\" (\"jwks_uri\" is not fetched)");
}

Done read_encryption(const json_t* object, const ClientRules&, Client& client) {
  SLO_TRY(alg, metadata::optional_string(object, "id_token_encrypted_response_alg"));
  SLO_TRY(enc, metadata::optional_string(object, "id_token_encrypted_response_enc"));
  if (!*alg && *enc) {
    return blame("id_token_encrypted_response_enc", "needs \"id_token_encrypted_response_alg\"");
  }
  if (!*alg) return {};
  client.id_token_encrypted_response_alg = **alg;
  client.id_token_encrypted_response_enc = enc->value_or(default_enc);
  return client.channels().back ? check_encryption(object, client) : Done{};
}

Done read_our_switches(const json_t* object, const ClientRules&, Client& client) {
  SLO_TRY(typ, metadata::boolean_or(object, "logout_token_typ", true));
  SLO_TRY(aud, metadata::optional_string(object, "logout_token_aud"));
  if (*aud && *aud != "array" && *aud != "string") {
    return blame_value("logout_token_aud", **aud, "must be \"array\" or \"string\"");
  }
  client.logout_token_typ = *typ;
  client.logout_token_aud_array = *aud != "string";
  return {};
}

#undef SLO_TRY

// Later steps look at what earlier ones have read.
constexpr std::array steps{read_identity, read_kind,   read_redirects, read_backchannel, read_frontchannel,
                           read_signing,  read_secret, read_jwks,      read_encryption,  read_our_switches};

}  // namespace

tl::expected<Client, MetadataError> read_client(const json_t* metadata, const ClientRules& rules) {
  if (!json_is_object(metadata)) {
    return tl::unexpected<MetadataError>(
        {"", {Fault::client_metadata_invalid, "a client must be a JSON object"}});
  }
  Client client;
  for (const auto step : steps) {
    if (Done done = step(metadata, rules, client); !done) return tl::unexpected(std::move(done).error());
  }
  return client;
}

}  // namespace slo
