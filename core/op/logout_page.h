// SPDX-License-Identifier: BSD-2-Clause
// What the browser gets when the session is over: iframes, the way onward, or a refusal.
#pragma once

#include <string>
#include <vector>

#include "core/delivery/delivery.h"
#include "core/moment.h"
#include "core/op/post_logout.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// What a page may claim.
enum class Claim : std::uint8_t {
  ended,          // the session is over, now or by a request before this one
  another_lives,  // it is over, but this browser has another one that lives
  not_signed_in,  // neither cookie nor hint name any session
  unknown,        // a cookie or hint names one that is not known here: nobody can say that it is over
  forgotten,      // the same, but the user said yes to it: his browser is rid of the cookie
};

// What is known about an end beside the session itself.
struct Circumstances {
  std::vector<Told> told{};
  Claim claim = Claim::ended;
  bool already = false;             // it had ended before
  bool one_client = false;          // scope client: the participation in the session alone has ended
  bool goes_to_op = false;          // the way onward leads to the OP's own logout, which needs its cookies
  bool op_lives = false;            // the OP's own logout was asked for and is not known to have worked
  bool lacks_applications = false;  // not all participants could be looked up, so that some have no frame
  std::string self{};               // the path of the endpoint, for a link to it
};

// With front-channel participants: a page with one hidden iframe each, timeouts, CSP, noscript, and the
// onward link and move. Without any: a 303 onward, or a page. It moves on by itself unless the redirect was
// refused (a 400; the provider's post_logout_uri is a link then), already_out or show_untold want it to be
// read. Where it `lacks_applications` it says so, claims nothing of all of them, and is to be read as well.
// The OP's session cookies are expired where `claim` is `ended` and not `one_client` of it alone.
Page logout_page(const Provider& provider, const Session& ended, const PostLogout& post_logout,
                 const Circumstances& circumstances, const Moment& moment);

// Must the page know all participants? False: it is a redirect, unless somebody refuses.
bool names_applications(const Provider& provider, const PostLogout& post_logout, bool already);

// Nothing was left to end: a 303 onward or a page that says what is known.
Page already_out_page(const Provider& provider, const PostLogout& post_logout, Claim claim,
                      bool expires_cookies);

// One participation was over already, the session lives on (scope client), and so does its cookie.
Page one_client_page(const Provider& provider, const PostLogout& post_logout);

// A refusal as HTML or JSON ({"error","error_description"}), with the fault's status; 405 carries Allow, 503
// Retry-After. `self` is offered as "sign out here" where the session may still live and trying helps, if it
// is a local path. `logout_id`, where it is not empty, is what a user can tell to support.
Page refusal_page(const Refusal& refusal, bool wants_json, std::string_view self,
                  std::string_view logout_id = {});

// The onward URI with the state appended, as it goes into Location.
std::string post_logout_location(const PostLogout& post_logout);

}  // namespace slo
