// SPDX-License-Identifier: BSD-2-Clause
// Verifies an id_token_hint step by step, cheapest and least trusting first.
#include "core/op/hint.h"

#include <algorithm>
#include <vector>

#include "core/jose/claims.h"
#include "core/jose/jose.h"
#include "core/provider/encrypted_token.h"
#include "core/text/json.h"
#include "core/text/showable.h"

namespace slo {
namespace {

using HintKeys = std::vector<const jose::Key*>;

// Logout tokens (logout+jwt) and access tokens (at+jwt) of ours bear our signature and our issuer, too.
Outcome<void> check_hint_type(const json_t* header) {
  if (!has_member(header, "typ") || jose::has_type(header, "JWT")) return {};
  return refuse(Fault::token_type_wrong);
}

Outcome<ClientRef> hint_client(const Provider& provider, const json_t* claims,
                               const std::optional<std::string>& client_id) {
  const auto audiences = jose::audiences_of(claims);
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

double as_number(Seconds seconds) { return static_cast<double>(seconds.count()); }

// Sets hint.expired; the age counts from iat, since an expired hint is still good for a recent session.
Outcome<void> check_hint_dates(const Provider& provider, const json_t* claims, const Moment& moment,
                               Hint& hint) {
  const auto issued = jose::date_of(claims, "iat");
  const auto expires = jose::date_of(claims, "exp");
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

Outcome<Hint> verify_hint(const Provider& provider, std::string_view token,
                          const std::optional<std::string>& client_id, const Moment& moment) {
  const auto plain = signed_token(provider, token);
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
