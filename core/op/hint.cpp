// SPDX-License-Identifier: BSD-2-Clause
// Verifies an id_token_hint step by step, cheapest and least trusting first.
#include "core/op/hint.h"

#include <algorithm>
#include <vector>

#include "core/jose/jose.h"
#include "core/text/json.h"
#include "core/text/showable.h"
#include "core/text/words.h"

namespace slo {
namespace {

using HintKeys = std::vector<const jose::Key*>;

// Not RSA1_5, whose padding makes a decrypting server an oracle, and not dir: a hint is encrypted to us by
// others.
std::vector<std::string_view> hint_encryptions() {
  return {"RSA-OAEP", "ECDH-ES", "A128KW", "A192KW", "A256KW"};
}

Outcome<HintKeys> opening_keys(const Provider& provider, std::string_view token) {
  if (token.size() > jose::max_token) return refuse(Fault::token_too_large);
  HintKeys keys;
  for (const auto& key : provider.decryption_keys) keys.push_back(&key);
  if (keys.empty()) return refuse(Fault::token_undecryptable, "no decryption key is configured");
  return keys;
}

Outcome<std::string> signed_hint(const Provider& provider, std::string_view token) {
  if (!jose::is_encrypted(token)) return std::string(token);
  return open_hint(provider, token);
}

// Logout tokens (logout+jwt) and access tokens (at+jwt) of ours bear our signature and our issuer, too.
Outcome<void> check_hint_type(const json_t* header) {
  if (!has_member(header, "typ")) return {};
  const std::string typ = string_member(header, "typ").value_or("");
  if (is_same_word(typ, "JWT") || is_same_word(typ, "application/jwt")) return {};
  return refuse(Fault::token_type_wrong);
}

// Nothing where any of it is no string: such an aud is nobody's.
std::vector<std::string> hint_audiences(const json_t* claims) {
  const json_t* aud = json_object_get(claims, "aud");
  if (const auto single = string_member(claims, "aud")) return {*single};
  std::vector<std::string> audiences;
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    const json_t* value = json_array_get(aud, i);
    if (!json_is_string(value)) return {};
    audiences.emplace_back(json_string_value(value), json_string_length(value));
  }
  return audiences;
}

Outcome<ClientRef> hint_client(const Provider& provider, const json_t* claims,
                               const std::optional<std::string>& client_id) {
  const auto audiences = hint_audiences(claims);
  const auto is_audience = [&](const std::string& id) {
    return std::ranges::find(audiences, id) != audiences.end();
  };
  const auto azp = string_member(claims, "azp");

  std::string id;
  if (audiences.size() == 1) {
    id = audiences.front();
  } else if (azp && is_audience(*azp)) {
    id = *azp;
  } else if (!azp && client_id && is_audience(*client_id)) {
    id = *client_id;
  } else {
    return refuse(Fault::token_audience_ambiguous);
  }
  ClientRef client = provider.find(ClientId{id});
  if (client == nullptr) return refuse(Fault::client_unknown, "client \"" + showable_uri(id) + '"');
  return client;
}

// The algorithm says which keys can apply at all: a published public key never serves as an HMAC secret.
Outcome<jose::Parsed> verify_hint_signature(const Provider& provider, const Client& client,
                                            jose::SignedToken token) {
  const jose::Algorithm pinned = provider.algorithm_of(client);
  HintKeys keys;
  if (jose::is_symmetric(pinned)) {
    if (client.secret) keys.push_back(&*client.secret);
  } else {
    for (const auto& key : provider.keys.keys()) keys.push_back(&key);
    if (provider.fetched_keys != nullptr) {
      for (const auto& key : provider.fetched_keys->keys()) keys.push_back(&key);
    }
    for (const auto& key : provider.signing_keys) keys.push_back(&key);
    for (const auto& key : provider.shown_keys) keys.push_back(&key);
  }
  return jose::verify(std::move(token), keys, pinned);
}

// A NumericDate may have a fraction (RFC 7519, section 2).
std::optional<double> hint_date(const json_t* claims, const char* name) {
  const json_t* value = json_object_get(claims, name);
  if (!json_is_number(value)) return std::nullopt;
  return json_number_value(value);
}

double as_number(Seconds seconds) { return static_cast<double>(seconds.count()); }

// Sets hint.expired; the age counts from iat, since an expired hint is still good for a recent session.
Outcome<void> check_hint_dates(const Provider& provider, const json_t* claims, const Moment& moment,
                               Hint& hint) {
  const auto issued = hint_date(claims, "iat");
  const auto expires = hint_date(claims, "exp");
  if (!issued) return refuse(Fault::token_claims_invalid, "iat is not a number");
  if (!expires) return refuse(Fault::token_claims_invalid, "exp is not a number");

  const double now = as_number(moment.seconds().time_since_epoch());
  const double leeway = as_number(provider.leeway);
  if (*issued > now + leeway) return refuse(Fault::token_from_future);
  hint.expired = *expires + leeway <= now;
  if (hint.expired && !provider.hint.accept_expired) return refuse(Fault::token_expired);
  const double max_age = as_number(provider.hint.max_age);
  if (max_age > 0 && *issued + max_age + leeway < now) return refuse(Fault::token_too_old);
  return {};
}

Outcome<void> check_hint_names(const json_t* claims, Hint& hint) {
  const auto sub = string_member(claims, "sub");
  if (!sub || !is_storable(*sub)) return refuse(Fault::token_claims_invalid, "sub is not a storable string");
  hint.sub = Subject{*sub};
  if (!has_member(claims, "sid")) return {};
  const auto sid = string_member(claims, "sid");
  if (!sid || !is_storable(*sid)) return refuse(Fault::token_claims_invalid, "sid is not a storable string");
  hint.sid = Sid{*sid};
  return {};
}

Outcome<Hint> read_hint_claims(const Provider& provider, const ClientRef& client, const json_t* claims,
                               const Moment& moment) {
  if (has_member(claims, "events")) return refuse(Fault::token_not_id_token, "it has an events claim");
  Hint hint{.client = client};
  if (const auto names = check_hint_names(claims, hint); !names) return refuse(names.error());
  if (const auto dates = check_hint_dates(provider, claims, moment, hint); !dates)
    return refuse(dates.error());
  return hint;
}

}  // namespace

Outcome<void> check_encrypted_hint(const Provider& provider, std::string_view token) {
  return opening_keys(provider, token).and_then([&](const HintKeys& keys) {
    return jose::check_decryptable(token, keys, hint_encryptions());
  });
}

Outcome<std::string> open_hint(const Provider& provider, std::string_view token) {
  const auto keys = opening_keys(provider, token);
  if (!keys) return refuse(keys.error());
  auto opened = jose::decrypt(token, *keys, hint_encryptions());
  if (opened && jose::is_encrypted(*opened)) return refuse(Fault::token_malformed, "encrypted twice");
  return opened;
}

Outcome<Hint> verify_hint(const Provider& provider, std::string_view token,
                          const std::optional<std::string>& client_id, const Moment& moment) {
  const auto plain = signed_hint(provider, token);
  if (!plain) return refuse(plain.error());
  auto taken = jose::take_apart(*plain);
  if (!taken) return refuse(taken.error());
  const auto& [header, claims] = taken->parsed;  // not to be trusted yet
  if (const auto type = check_hint_type(header.get()); !type) return refuse(type.error());
  if (string_member(claims.get(), "iss") != provider.issuer.value) return refuse(Fault::token_issuer_foreign);

  const auto client = hint_client(provider, claims.get(), client_id);
  if (!client) return refuse(client.error());
  const auto verified = verify_hint_signature(provider, **client, *std::move(taken));
  if (!verified) return refuse(verified.error());
  return read_hint_claims(provider, *client, verified->claims.get(), moment);
}

}  // namespace slo
