// SPDX-License-Identifier: BSD-2-Clause
// Writes back-channel logout tokens. Back-Channel Logout 1.0 with errata set 1, section 2.4.
#pragma once

#include <optional>
#include <string>

#include "core/client/client.h"
#include "core/moment.h"
#include "core/names.h"
#include "core/provider/provider.h"

namespace slo {

inline constexpr Seconds logout_token_life{120};

struct LogoutTokenClaims {
  std::optional<Subject> sub{};
  std::optional<Sid> sid{};
  Jti jti{};
  TimeS issued{};  // exp is issued + logout_token_life
};

// Signed for `client` (and encrypted where its registration says so). Never a nonce, always exp, typ
// logout+jwt unless the client is switched off it. delivery_without_subject when neither sub nor sid, or a
// required sid, is there.
Outcome<std::string> write_logout_token(const Provider& provider, const Client& client,
                                        const LogoutTokenClaims& claims);

}  // namespace slo
