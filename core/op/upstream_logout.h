// SPDX-License-Identifier: BSD-2-Clause
// What the OP's own logout is sent, and whether its answer is a yes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/op/end_session.h"
#include "core/op/post_logout.h"

namespace slo {

// The body of a POST: id_token_hint and client_id as they came (an encrypted hint opened), of those that
// stood up to validation; RP-Initiated Logout 1.0, section 2. Neither post_logout_redirect_uri nor state: the
// way onward is ours.
std::string upstream_logout_form(const EndSessionRequest& request, const CheckedRequest& checked);

struct UpstreamLogoutAnswer {
  int status = 0;                           // 0: none
  std::vector<std::string_view> cookies{};  // its Set-Cookie headers
};

// Who asks: the values of the session cookies that came along, and whether the session had ended here before.
struct UpstreamLogoutAsker {
  std::vector<std::string> session_cookies{};
  bool again = false;
};

// Is there anything that the OP could know its session by?
bool may_ask_upstream(const Provider& provider, const UpstreamLogoutAsker& asker, std::string_view form);

// Has the OP's session ended? It says so by expiring one of the session cookies, whatever page it sends, or
// by a redirect with another value of one than those that were sent; a page that only asks the user does
// neither, and may bring a new value with each answer. Who asks again, or without a session cookie, is
// content with a redirect. Of a provider without session_cookies the status counts alone.
bool is_upstream_logout_done(const Provider& provider, const UpstreamLogoutAnswer& answer,
                             const UpstreamLogoutAsker& asker, TimeS now);

// Is the OP going to tell the clients of a user who is sent there? Not if it cannot know him.
bool will_op_tell(const Provider& provider, const EndSessionRequest& request);

// By the browser: the `state` of a request that may be its return from the OP, if it is one by its looks, and
// the user goes there himself; else empty. Whether `key` was ever handed out, the store knows.
std::string_view way_back_of(const Provider& provider, const EndSessionRequest& request);
std::string way_back_state(std::string_view key);

// How long the user may take at the OP.
inline constexpr Seconds way_back_life{600};

// The OP's end_session_endpoint with our return address and `key` (empty: it could not be kept, and there is
// no return). RP-Initiated Logout 1.0, section 2: the hint that stood up to validation, if it came
// unencrypted and no other client is named to the OP; the client's id; logout_hint and ui_locales as they
// came. What makes the address too long for servers is left out, the hint last.
std::string upstream_logout_location(const Provider& provider, const EndSessionRequest& request,
                                     const CheckedRequest& checked, std::string_view key);

// What the store keeps meanwhile: where the user goes after his return, and the value of the cookie by which
// his browser is known again. An unreadable text is nobody's.
struct WayBack {
  PostLogout post_logout{};
  std::string browser{};
};
std::string kept_way_back(const WayBack& way_back);
WayBack read_kept_way_back(std::string_view kept);
// Did this browser set out on it? Nobody may be led on another's, nor be told that he is signed out by it.
bool is_own_way_back(const WayBack& way_back, const EndSessionRequest& request);

}  // namespace slo
