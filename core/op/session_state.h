// SPDX-License-Identifier: BSD-2-Clause
// Session Management 1.0: session_state in authorization responses, and the frame that says whether it holds.
//
// What the frame compares with is the browser state: a cookie that scripts of the issuer's origin can read,
// made of the OP's session cookie, which it tells nothing of. It changes with that cookie and when the user
// logs out here. Where browsers keep cookies from frames of other sites the frame says `error`, and an
// application goes by what else it knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/page.h"
#include "core/provider/provider.h"

namespace slo {

std::string browser_state_cookie_name(const Provider& provider);

// The browser state that goes with this value of the OP's session cookie. SM 3.2: it must not identify
// anybody.
std::string browser_state(const Provider& provider, std::string_view session_cookie);

// Sets it, and, where the user has logged out, one that nobody's session_state was made of. A state that was
// set before and has run out is no logout.
Header browser_state_header(const Provider& provider, std::string_view state);
Header logged_out_state_header(const Provider& provider);

// Expires the OP's session cookies, all that the operator named; where frames look for one, the browser state
// says that the user has logged out.
void expire_session_cookies(Page& page, const Provider& provider);

// An authorization response, as the `Location` that it is: with session_state for the client that it goes to,
// which the request names by `client_id` (empty: not), or whose redirect_uri no other client has. Nothing
// where it is no response of that client, or has a session_state already. SM 2; `salt` is fresh.
std::optional<std::string> with_session_state(const Provider& provider, std::string_view location,
                                              std::string_view client_id, std::string_view state,
                                              std::string_view salt);

// check_session_iframe. SM 3.2.
Page check_session_page(const Provider& provider);

}  // namespace slo
