// SPDX-License-Identifier: BSD-2-Clause
// Writes logout tokens as each client registered for them: its algorithm, its key, its encryption.
#include "core/delivery/logout_token.h"

namespace slo {
namespace {

constexpr const char* logout_event = "http://schemas.openid.net/event/backchannel-logout";

// The claim of a name; no claim for an absent or an empty one.
template <class N>
void set_name_claim(json_t* claims, const char* claim, const std::optional<N>& name) {
  if (name && !name->value.empty()) json_object_set_new(claims, claim, make_string(name->value).release());
}

Outcome<void> check_subject(const Client& client, const json_t* claims) {
  const bool has_sid = string_member(claims, "sid").has_value();
  if (client.backchannel_logout_session_required && !has_sid) {
    return refuse(Fault::delivery_without_subject, "the client requires a sid");
  }
  if (!has_sid && !string_member(claims, "sub")) {
    return refuse(Fault::delivery_without_subject, "neither sub nor sid");
  }
  return {};
}

Json logout_claims(const Provider& provider, const Client& client, const LogoutTokenClaims& of) {
  Json claims(json_object());
  const auto issued = of.issued.time_since_epoch().count();
  Json audience = make_string(client.id.value);
  if (client.logout_token_aud_array) {
    Json one(json_array());
    json_array_append_new(one.get(), audience.release());
    audience = std::move(one);
  }
  Json events(json_object());
  json_object_set_new(events.get(), logout_event, json_object());

  json_object_set_new(claims.get(), "iss", make_string(provider.issuer.value).release());
  set_name_claim(claims.get(), "sub", of.sub);
  json_object_set_new(claims.get(), "aud", audience.release());
  json_object_set_new(claims.get(), "iat", json_integer(issued));
  json_object_set_new(claims.get(), "exp", json_integer(issued + logout_token_life.count()));
  json_object_set_new(claims.get(), "jti", make_string(of.jti.value).release());
  json_object_set_new(claims.get(), "events", events.release());
  set_name_claim(claims.get(), "sid", of.sid);
  return claims;
}

Outcome<std::string> sign_for(const Provider& provider, const Client& client, const json_t* claims) {
  const auto algorithm = provider.algorithm_of(client);
  const jose::Key* key = provider.signing_key_for(client);
  if (key == nullptr) {
    return refuse(Fault::key_unusable, "no signing key for " + std::string(jose::name_of(algorithm)));
  }
  Json header(json_object());
  if (client.logout_token_typ) json_object_set_new(header.get(), "typ", json_string("logout+jwt"));
  return jose::sign(*key, algorithm, header.get(), dump_json(claims));
}

// The client's key that fits its registered encryption; one that is meant for encryption goes first.
const jose::Key* find_encryption_key(const Client& client) {
  const jose::Key* found = nullptr;
  if (!client.jwks) return nullptr;
  for (const auto& key : client.jwks->keys()) {
    if (!key.fits_encryption(client.id_token_encrypted_response_alg, client.id_token_encrypted_response_enc))
      continue;
    if (key.is_for_encryption()) return &key;
    if (found == nullptr) found = &key;
  }
  return found;
}

Outcome<std::string> encrypt_for(const Provider& provider, const Client& client, const std::string& token) {
  const auto& alg = client.id_token_encrypted_response_alg;
  const auto& enc = client.id_token_encrypted_response_enc;
  Json header(json_object());
  json_object_set_new(header.get(), "cty", json_string("JWT"));
  json_object_set_new(header.get(), "iss", make_string(provider.issuer.value).release());
  if (const auto* key = find_encryption_key(client))
    return jose::encrypt(*key, alg, enc, header.get(), token);
  if (!client.secret) return refuse(Fault::key_unusable, "the client has no key for " + alg + " with " + enc);
  return jose::encryption_key_of(*client.secret, alg, enc).and_then([&](const jose::Key& key) {
    return jose::encrypt(key, alg, enc, header.get(), token);
  });
}

}  // namespace

Outcome<std::string> write_logout_token(const Provider& provider, const Client& client,
                                        const LogoutTokenClaims& claims) {
  const Json written = logout_claims(provider, client, claims);
  const auto named = check_subject(client, written.get());
  if (!named) return refuse(named.error());
  auto token = sign_for(provider, client, written.get());
  if (!token || client.id_token_encrypted_response_alg.empty()) return token;
  return encrypt_for(provider, client, *token);
}

}  // namespace slo
