// SPDX-License-Identifier: BSD-2-Clause
// What an authorization response teaches before anybody is known, and what becomes of it.
//
// Which session its cookie belongs to, and which cookie its code was handed out under.
#pragma once

#include <optional>

#include "core/names.h"
#include "core/session.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// RFC 6749, 4.1.2: no code should live longer.
inline constexpr Seconds code_life{600};

struct HandedOut {
  CookieDigest cookie{};             // as the browser has it after the answer
  SessionKey session{};              // which it shall lead to, if it leads nowhere yet
  Seconds life{code_life};           // for so long
  std::optional<CodeDigest> code{};  // that will find the cookie again
};
// May be repeated.
Exchange<bool> remember(const Space&, const HandedOut& handed_out);

// What is known of a login whose tokens are handed out.
struct Recalled {
  std::optional<CookieDigest> cookie{};  // that its code was handed out under
  std::optional<SessionKey> session{};   // of its sid, which may be a client's own
  friend bool operator==(const Recalled&, const Recalled&) = default;
};
// One round trip, and none where there is neither code nor sid: `commands` is empty then.
Exchange<Recalled> recall(const Space&, const std::optional<CodeDigest>& code, const std::optional<Sid>& sid);

}  // namespace slo::redis
