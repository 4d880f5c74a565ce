// SPDX-License-Identifier: BSD-2-Clause
// Who may press the logout button in front of an application, and whose session a press ends.
//
// Logging somebody out against his will is what pages of other sites can try; images, frames and scripts of
// theirs are turned away, and a link is answered with a question. Fetch Metadata Request Headers (W3C).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/provider/provider.h"
#include "core/rp/guard.h"
#include "core/rp/mark.h"

namespace slo {

// Where a request comes from, as its headers tell; empty what it does not have.
struct ButtonRequest {
  std::string_view method{};
  bool is_https = false;
  std::string_view host{};     // Host
  std::string_view origin{};   // Origin
  std::string_view referer{};  // Referer
  std::string_view site{};     // Sec-Fetch-Site
  std::string_view mode{};     // Sec-Fetch-Mode
  std::string_view dest{};     // Sec-Fetch-Dest
  std::string_view purpose{};  // Sec-Purpose, Purpose or X-Moz
  bool has_state = false;      // in its query
  bool has_set_out = false;    // it brings the cookie of a way to the OP
};

enum class Press : std::uint8_t {
  ends,     // the session, and goes on to the OP
  asks,     // the user first: a page of another site led here, or nobody knows
  returns,  // from the OP: nobody's session ends
};

// What a request at the button is. A HEAD is what a GET would be; that it ends nothing is up to the caller.
// method_not_allowed, speculative_request, press_not_by_user.
Outcome<Press> judge_press(const ButtonRequest& request);

// What a token at the button tells, of the session and for the OP.
struct ButtonToken {
  TokenClaims claims{};
  std::string hint{};       // the whole of it
  std::string client_id{};  // ours for whom it was issued; empty: none of ours
  friend bool operator==(const ButtonToken&, const ButtonToken&) = default;
};
// As read_guard_token().
std::optional<ButtonToken> read_button_token(const Provider& provider, std::string_view token);

// Of the sid, else of all that this user has begun; nothing where neither can be a name.
std::optional<Mark> mark_of_press(std::string_view sid, std::string_view sub, TimeS now);

}  // namespace slo
