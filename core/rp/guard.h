// SPDX-License-Identifier: BSD-2-Clause
// May this request pass, or has its session ended? What a request tells of it, and the verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/provider/provider.h"

namespace slo {

// How far what is known of ended sessions can be trusted.
struct Knowledge {
  bool was_complete = false;  // all marks have been read once
  bool is_complete = false;   // and none is missing for want of room
  bool is_fresh = false;      // within max_stale
};

// What the marks say of the session that a request names.
struct Findings {
  bool names_session = false;  // a sid or a sub at all
  bool sid_is_marked = false;
  std::optional<TimeS> sub_marked_at{};  // sessions of that second and before are over
  std::optional<TimeS> since{};          // when the session began, if the request tells
  bool has_cookie_of_nobody = false;     // one that is tracked, and was seen with no session yet
  bool has_cookie_in_doubt = false;      // … or of which nobody could be asked
};

// $slo_status.
enum class GuardStatus : std::uint8_t { ok, ended, unbound, none, degraded, syncing };
std::string_view name_of(GuardStatus status) noexcept;

struct GuardVerdict {
  GuardStatus status = GuardStatus::ok;
  bool passes = true;
  bool is_unsure = false;  // refused only since nobody knows: the client may try again
  friend bool operator==(const GuardVerdict&, const GuardVerdict&) = default;
};

// What is known to be over is refused whatever the state. What is not known to be passes, but where marks may
// be missing, or a cookie is in doubt, and `fails_closed`. A sub that is marked refuses sessions of which
// nobody says when they began.
GuardVerdict judge(const Findings& findings, const Knowledge& knowledge, bool fails_closed) noexcept;

// Seconds since 1970, perhaps with a fraction; nothing for anything else.
std::optional<TimeS> read_since(std::string_view text) noexcept;

// What a token says of its session. It is not verified here: whoever let the request in has done that.
struct TokenClaims {
  std::string sid{};
  std::string sub{};
  std::optional<TimeS> since{};  // auth_time, else iat
  friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};
// Without the `Bearer ` that may stand in front of it.
std::string_view bare_token(std::string_view token) noexcept;
// Of a JWT of this issuer, perhaps behind `Bearer `; nothing of any other text, nor where it names neither
// sid nor sub.
std::optional<TokenClaims> read_guard_token(const Provider& provider, std::string_view token);

}  // namespace slo
