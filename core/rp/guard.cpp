// SPDX-License-Identifier: BSD-2-Clause
// May this request pass, or has its session ended?
#include "core/rp/guard.h"

#include <charconv>
#include <cmath>

#include "core/jose/jose.h"
#include "core/names.h"
#include "core/text/json.h"
#include "core/text/words.h"

namespace slo {
namespace {

constexpr double last_second = 1e11;  // far beyond any date, and far below any overflow

std::optional<TimeS> second_of(double date) noexcept {
  if (!(date >= 0 && date < last_second)) return std::nullopt;
  return TimeS(Seconds(static_cast<Seconds::rep>(std::floor(date))));
}

std::optional<TimeS> date_member(const json_t* claims, const char* name) {
  const json_t* value = json_object_get(claims, name);
  return json_is_number(value) ? second_of(json_number_value(value)) : std::nullopt;
}

std::string name_member(const json_t* claims, const char* name) {
  auto value = string_member(claims, name);
  return value && is_storable(*value) ? *std::move(value) : std::string();
}

bool has_ended(const Findings& findings) noexcept {
  if (findings.sid_is_marked) return true;
  return findings.sub_marked_at && (!findings.since || *findings.since <= *findings.sub_marked_at);
}

}  // namespace

std::string_view name_of(GuardStatus status) noexcept {
  switch (status) {
    case GuardStatus::ok:
      return "ok";
    case GuardStatus::ended:
      return "ended";
    case GuardStatus::unbound:
      return "unbound";
    case GuardStatus::none:
      return "none";
    case GuardStatus::degraded:
      return "degraded";
    case GuardStatus::syncing:
      break;
  }
  return "syncing";
}

GuardVerdict judge(const Findings& findings, const Knowledge& knowledge, bool fails_closed) noexcept {
  if (!findings.names_session && !findings.has_cookie_in_doubt)
    return {.status = findings.has_cookie_of_nobody ? GuardStatus::unbound : GuardStatus::none};
  if (has_ended(findings)) return {.status = GuardStatus::ended, .passes = false};
  if (!knowledge.was_complete)
    return {.status = GuardStatus::syncing, .passes = !fails_closed, .is_unsure = fails_closed};
  if (!knowledge.is_complete || !knowledge.is_fresh || findings.has_cookie_in_doubt)
    return {.status = GuardStatus::degraded, .passes = !fails_closed, .is_unsure = fails_closed};
  return {};
}

std::optional<TimeS> read_since(std::string_view text) noexcept {
  double date = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), date, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return second_of(date);
}

std::string_view bare_token(std::string_view token) noexcept {
  constexpr std::string_view scheme = "Bearer ";
  if (token.size() < scheme.size() || !is_same_word(token.substr(0, scheme.size()), scheme)) return token;
  token.remove_prefix(scheme.size());
  return token.substr(std::min(token.find_first_not_of(' '), token.size()));
}

std::optional<TokenClaims> read_guard_token(const Provider& provider, std::string_view token) {
  const auto taken = jose::take_apart(bare_token(token));
  if (!taken) return std::nullopt;
  const json_t* claims = taken->parsed.claims.get();
  if (string_member(claims, "iss") != provider.issuer.value) return std::nullopt;
  TokenClaims told{.sid = name_member(claims, "sid"), .sub = name_member(claims, "sub")};
  told.since = date_member(claims, "auth_time");
  if (!told.since) told.since = date_member(claims, "iat");
  if (told.sid.empty() && told.sub.empty()) return std::nullopt;
  return told;
}

}  // namespace slo
