// SPDX-License-Identifier: BSD-2-Clause
// What the browser gets when the session is over: iframes, the way onward, or a refusal. Front-Channel
// Logout 1.0.
#pragma once

#include <string>
#include <vector>

#include "core/confirmation.h"
#include "core/moment.h"
#include "core/page.h"
#include "core/provider.h"
#include "core/session.h"

namespace slo {

// How far the back-channel deliveries of this logout had come when the wait was over.
struct Told {
  ClientId client{};
  enum class State : std::uint8_t { pending, delivered, failed } state = State::pending;
  friend bool operator==(const Told&, const Told&) = default;
};

// With front-channel participants: a page with one hidden iframe each, timeouts, CSP, noscript, and the
// onward link and move. Without any: a 303 onward, or a "signed out" page. The OP's session cookie is expired
// in every case. A refused redirect makes either page a 400 that stays where it is; the provider's
// post_logout_uri is then a link only.
Page logout_page(const Provider& provider, const Session& ended, const std::vector<Told>& told,
                 const Onward& onward, const Moment& moment);

// Is it a page even where nobody has an iframe? False: it is a redirect then, which names nobody.
bool names_applications(const Provider& provider, const Onward& onward);

// Nothing was left to end: a 303 onward or the friendly page; the cookie is expired as well.
Page already_out_page(const Provider& provider, const Onward& onward);

// One participation was ended, the session lives on (scope client), and so does its cookie.
Page one_client_page(const Provider& provider, const Onward& onward);
// The same where that client has an iframe to be told by; `ended` holds the participation that was ended,
// alone.
Page one_client_page(const Provider& provider, const Session& ended, const std::vector<Told>& told,
                     const Onward& onward, const Moment& moment);

// A refusal as HTML or JSON ({"error","error_description"}), with the fault's status; 405 carries Allow, 503
// Retry-After. `self` is offered as "sign out here" where the session may still live and trying helps, if it
// is a local path.
Page refusal_page(const Refusal& refusal, bool wants_json, std::string_view self);

// The onward URI with the state appended, as it goes into Location.
std::string onward_location(const Onward& onward);

}  // namespace slo
