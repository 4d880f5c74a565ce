// SPDX-License-Identifier: BSD-2-Clause
// The way onward after a logout. RP-Initiated Logout 1.0, section 3.
#pragma once

#include <optional>
#include <string>

#include "core/outcome.h"

namespace slo {

// Where the browser goes once all is done. Empty: our own page, or the provider's post_logout_uri.
struct PostLogout {
  std::string uri{};                   // registered, as sent
  std::optional<std::string> state{};  // as sent
  std::optional<Refusal> refused{};    // the session ended, but the redirect was refused: say so, with 400
  friend bool operator==(const PostLogout&, const PostLogout&) = default;
};

}  // namespace slo
