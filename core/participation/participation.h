// SPDX-License-Identifier: BSD-2-Clause
// What a directive or a registration teaches about a session.
#pragma once

#include <optional>
#include <string>

#include "core/outcome.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// Values as they come; empty ones are absent.
struct Participation {
  std::string client_id{}, sid{}, sub{}, session_cookie{}, client_sub{}, client_sid{};
  std::optional<CookieDigest> cookie_digest{};  // where `session_cookie` itself is not at hand
  bool client_no_sid = false;
  Seconds absolute{0}, idle{-1};  // 0 and -1: the provider's
};

// client_unknown, session_unidentified, api_parameter_invalid (a value that cannot be stored; the detail
// names it).
Outcome<Registration> read_registration(const Provider& provider, const Participation& participation);

}  // namespace slo
