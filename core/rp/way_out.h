// SPDX-License-Identifier: BSD-2-Clause
// From the logout button to the OP's end_session endpoint and back. RP-Initiated Logout 1.0, 2 and 3.
//
// Nothing is stored meanwhile: the state holds a nonce, and its digest under a key that this browser alone
// has, in a cookie.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/text/cookie.h"

namespace slo {

// How long the user may take at the OP.
inline constexpr Seconds way_out_life{600};
// What is longer travels as a form.
inline constexpr std::size_t max_way_out_address = 2000;

// `slo-logout`, for the button alone. `path`: empty or no path, the whole host's.
CookieScope way_out_cookie(std::string_view path, bool is_https);

// Where the OP is to send the browser: the address of the button as it was asked; empty where the Host that
// was sent is none.
std::string button_address(bool is_https, std::string_view host, std::string_view path);

// What the OP is told; empty what is not known.
struct WayOut {
  std::string endpoint{};  // its query is kept
  std::string id_token_hint{};
  std::string client_id{};
  std::string post_logout_redirect_uri{};  // empty: no state either
  CookieScope cookie{};
  std::vector<std::string> cookies{};  // of that name, as they came along
};

// 303 to the OP, or a page whose form goes there by itself, or by a button without JavaScript; and the
// cookie.
Page way_out_page(const Provider& provider, const WayOut& way, const Moment& moment);

// 303 to where nobody has to come back from: there is no OP to go to.
Page local_way_out_page(const std::string& landing);

// The `state` of a query; empty if it is there and cannot be read.
std::optional<std::string> returned_state(std::string_view query);
// Did a browser with one of these cookies set out with this state?
bool is_own_return(const Provider& provider, std::string_view state, const std::vector<std::string>& cookies);
// 303 to `landing`, as the operator wrote it, and the cookie expires.
Page return_page(const std::string& landing, const CookieScope& cookie);

// Asks whether to log out: a form that posts to `self`, whose page this is.
Page press_question_page(std::string_view host, std::string_view self);
// Nothing has ended.
Page press_refused_page(const Refusal& refusal);

// May users land there: a path of this server, or an http(s) URL? configuration_invalid.
Outcome<void> check_landing(std::string_view landing);
// The same of an address that is registered at the OP: an http(s) URL without fragment.
Outcome<void> check_return_address(std::string_view address);

}  // namespace slo
