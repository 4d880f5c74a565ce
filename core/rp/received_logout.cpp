// SPDX-License-Identifier: BSD-2-Clause
// Checks a logout token step by step, cheapest and least trusting first.
#include "core/rp/received_logout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/jose/claims.h"
#include "core/jose/jose.h"
#include "core/provider/encrypted_token.h"
#include "core/text/form.h"
#include "core/text/json.h"
#include "core/text/words.h"

namespace slo {
namespace {

constexpr const char* logout_event = "http://schemas.openid.net/event/backchannel-logout";

using LogoutKeys = std::vector<const jose::Key*>;
using Checked = Outcome<void>;

// Old OPs send JWT or nothing; any other type is that of another kind of token (section 4.1).
Checked check_logout_type(const Provider& provider, const json_t* header) {
  if (jose::has_type(header, "logout+jwt")) return {};
  const bool is_plain = !has_member(header, "typ") || jose::has_type(header, "JWT");
  if (is_plain && !provider.strict_typ) return {};
  return refuse(Fault::token_type_wrong);
}

// What an encrypted token repeats in its header must be what is inside (RFC 7519, 5.3).
Checked check_outer_issuer(const Provider& provider, std::string_view token) {
  if (!jose::is_encrypted(token)) return {};
  const auto header = jose::token_header(token);
  if (!header) return refuse(header.error());
  if (!has_member(header->get(), "iss")) return {};
  if (string_member(header->get(), "iss") == provider.issuer.value) return {};
  return refuse(Fault::token_issuer_foreign);
}

void add_keys(LogoutKeys& keys, const std::vector<jose::Key>& more) {
  for (const auto& key : more) keys.push_back(&key);
}

// The algorithm says which keys can apply at all: a published public key never serves as an HMAC secret. Our
// own keys count only where the OP has no others.
LogoutKeys keys_of_op(const Provider& provider) {
  LogoutKeys keys;
  if (jose::is_symmetric(provider.op_algorithm)) {
    if (provider.client_secret) keys.push_back(&*provider.client_secret);
    return keys;
  }
  add_keys(keys, provider.keys.keys());
  if (provider.fetched_keys != nullptr) add_keys(keys, provider.fetched_keys->keys());
  if (provider.keys_from != KeysFrom::nowhere) return keys;
  add_keys(keys, provider.signing_keys);
  add_keys(keys, provider.shown_keys);
  return keys;
}

bool is_ours(const Provider& provider, const std::string& client_id) {
  return std::ranges::find(provider.client_ids, client_id) != provider.client_ids.end();
}

// OpenID Connect Core 1.0, 3.1.3.7, steps 3 to 5: for us, and for nobody whom we do not trust.
Checked check_logout_audience(const Provider& provider, const json_t* claims) {
  const auto audiences = jose::audiences_of(claims);
  const auto is_one_of_ours = [&](const std::string& id) { return is_ours(provider, id); };
  if (audiences.empty()) return refuse(Fault::token_audience_foreign, "aud names nobody");
  if (!std::ranges::all_of(audiences, is_one_of_ours)) {
    return refuse(Fault::token_audience_foreign, "aud has what is no \"client_id\" here");
  }
  if (!has_member(claims, "azp") || is_one_of_ours(string_member(claims, "azp").value_or(""))) return {};
  return refuse(Fault::token_audience_foreign, "azp is no \"client_id\" here");
}

// Neither is an ID Token, with which it shares all but these.
Checked check_logout_event(const json_t* claims) {
  const json_t* events = json_object_get(claims, "events");
  if (!json_is_object(json_object_get(events, logout_event))) {
    return refuse(Fault::token_not_logout_token, "it has no back-channel logout among its events");
  }
  if (has_member(claims, "nonce")) return refuse(Fault::token_not_logout_token, "it has a nonce");
  return {};
}

double seconds_of(Seconds seconds) { return static_cast<double>(seconds.count()); }

// Sets when it was issued, and for how long it is to be remembered.
Checked check_logout_dates(const Provider& provider, const json_t* claims, const Moment& moment,
                           ReceivedLogout& logout) {
  const auto issued = jose::date_of(claims, "iat");
  const auto expires = jose::date_of(claims, "exp");
  if (!issued) return refuse(Fault::token_claims_invalid, "iat is not a number");
  if (!expires && (provider.exp_required || has_member(claims, "exp"))) {
    return refuse(Fault::token_claims_invalid, "exp is not a number");
  }
  const double now = seconds_of(moment.seconds().time_since_epoch());
  const double leeway = seconds_of(provider.leeway);
  if (*issued > now + leeway) return refuse(Fault::token_from_future);
  if (expires && *expires + leeway <= now) return refuse(Fault::token_expired);
  const double oldest = *issued + seconds_of(expires ? max_token_life : token_life_without_exp);
  if (oldest + leeway <= now) return refuse(Fault::token_too_old);

  const double life = std::min(expires.value_or(oldest), oldest) + leeway - now;
  logout.jti_life = Seconds{static_cast<Seconds::rep>(std::ceil(life))};
  logout.mark.at = TimeS{Seconds{static_cast<Seconds::rep>(std::floor(*issued))}};
  return {};
}

// A name that is there must be one, even where another one is used.
Outcome<std::string> logout_name(const json_t* claims, const char* name) {
  if (!has_member(claims, name)) return {};
  auto value = string_member(claims, name);
  if (value && is_storable(*value)) return *std::move(value);
  return refuse(Fault::token_claims_invalid, std::string(name) + " is not a storable string");
}

// A login that follows does not come back under the same sid, so the mark of one counts from now.
Checked check_logout_names(const json_t* claims, const Moment& moment, ReceivedLogout& logout) {
  auto sub = logout_name(claims, "sub");
  if (!sub) return refuse(sub.error());
  auto sid = logout_name(claims, "sid");
  if (!sid) return refuse(sid.error());
  auto jti = logout_name(claims, "jti");
  if (!jti) return refuse(jti.error());
  if (jti->empty()) return refuse(Fault::token_claims_invalid, "it has no jti");
  logout.jti = *std::move(jti);
  if (sub->empty() && sid->empty()) return refuse(Fault::token_claims_invalid, "neither sub nor sid");
  const bool has_sid = !sid->empty();
  logout.mark.of = has_sid ? Mark::Of::sid : Mark::Of::sub;
  logout.mark.value = has_sid ? *std::move(sid) : *std::move(sub);
  if (has_sid) logout.mark.at = moment.seconds();
  return {};
}

Outcome<ReceivedLogout> read_logout_claims(const Provider& provider, const json_t* claims,
                                           const Moment& moment) {
  ReceivedLogout logout;
  return check_logout_audience(provider, claims)
      .and_then([&] { return check_logout_dates(provider, claims, moment, logout); })
      .and_then([&] { return check_logout_event(claims); })
      .and_then([&] { return check_logout_names(claims, moment, logout); })
      .map([&] { return std::move(logout); });
}

// Most faults of tokens speak of the hint, where most tokens come from.
std::string sentence_for_op(const FaultRow& row) {
  constexpr std::string_view hint = "The id_token_hint";
  if (!row.to_client.starts_with(hint)) return std::string(row.to_client);
  return "The logout_token" + std::string(row.to_client.substr(hint.size()));
}

}  // namespace

Outcome<std::string> read_logout_token(std::string_view content_type, std::string_view body) {
  constexpr std::array<std::string_view, 1> fields{"logout_token"};
  if (!is_same_word(media_type_of(content_type), "application/x-www-form-urlencoded")) {
    return refuse(Fault::content_type_unsupported, "a logout token comes in a form");
  }
  const auto form = Form::read(body, fields);
  if (!form) return refuse(form.error());
  auto token = form->find(fields[0]);
  if (!token) return refuse(Fault::form_malformed, "no logout_token");
  return *std::move(token);
}

std::string claimed_issuer(std::string_view token) {
  if (jose::is_encrypted(token)) {
    const auto header = jose::token_header(token);
    return header ? string_member(header->get(), "iss").value_or("") : "";
  }
  const auto taken = jose::take_apart(token);
  return taken ? string_member(taken->parsed.claims.get(), "iss").value_or("") : "";
}

Outcome<ReceivedLogout> check_logout_token(const Provider& provider, std::string_view token,
                                           const Moment& moment) {
  if (const auto outer = check_outer_issuer(provider, token); !outer) return refuse(outer.error());
  const auto plain = signed_token(provider, token);
  if (!plain) return refuse(plain.error());
  auto taken = jose::take_apart(*plain);
  if (!taken) return refuse(taken.error());
  const auto& [header, claims] = taken->parsed;  // not to be trusted yet
  if (const auto type = check_logout_type(provider, header.get()); !type) return refuse(type.error());
  if (string_member(claims.get(), "iss") != provider.issuer.value) return refuse(Fault::token_issuer_foreign);

  const auto verified = jose::verify(*std::move(taken), keys_of_op(provider), provider.op_algorithm);
  if (!verified) return refuse(verified.error());
  return read_logout_claims(provider, verified->claims.get(), moment);
}

Page logout_received_page() { return {.status = 200, .headers = {{"Cache-Control", "no-store"}}}; }

// Where we or the store failed the code says so; all else is wrong with the request.
Page logout_not_received_page(const Refusal& refusal) {
  const FaultRow& row = describe(refusal.fault);
  const std::string_view code = row.status >= 500 ? row.code : describe(Fault::form_malformed).code;
  const Json body{json_object()};
  json_object_set_new(body.get(), "error", make_string(code).release());
  json_object_set_new(body.get(), "error_description", make_string(sentence_for_op(row)).release());
  return {.status = 400,
          .content_type = "application/json",
          .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          .body = dump_json(body.get())};
}

}  // namespace slo
