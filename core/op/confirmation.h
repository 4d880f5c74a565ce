// SPDX-License-Identifier: BSD-2-Clause
// The "log out?" ticket: sealed, bound to one browser, good for one session.
//
// The pending parameters travel inside the ticket, encrypted (a compact JWE, dir + A256GCM), so that asking
// the question writes nothing to the store. A ticket that names no session, or one client of it, is good
// once: redeeming it marks its nonce as used there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/moment.h"
#include "core/op/post_logout.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

struct Ticket {
  std::string nonce{};
  TimeS expires{};
  std::optional<SessionKey> session{};  // what will be ended; none: only the onward way is confirmed
  std::optional<ClientId> client{};     // who asked
  PostLogout post_logout{};
  bool one_client = false;  // scope client: the yes ends `client`'s participation alone
  // The browser kept the session cookie back (SameSite and a POST from another site), so that the session is
  // not known yet: the answer, which comes from our own page, brings the cookie and tells.
  bool cookie_withheld = false;
  // The browser's session cookie is not known here: a yes expires it, which is all that can be done.
  bool unknown_cookie = false;
  bool answer_yes = false;       // never sealed: ask() sets it from the form's `choice`
  std::optional<Fault> again{};  // never sealed: why the question is asked once more
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// `__Host-slo-browser` on https, `slo-browser` on http. What follows in the name is the beginning of the
// value: tabs that ask at the same time, when the browser has no such cookie yet, get one each.
std::string browser_cookie_prefix(const Provider& provider);
// The header that sets one of them, `browser`: a nonce.
Header browser_cookie_header(const Provider& provider, std::string_view browser, Seconds life);

// Seals `ticket` for the browser that holds `browser_cookie`. The key is ticket_secret, the issuer is part of
// the content, so that providers may share a secret. Of a refusal in `onward` only the fault is kept.
// key_unusable.
Outcome<std::string> seal_ticket(const Provider& provider, const Ticket& ticket,
                                 std::string_view browser_cookie);

// Opens a ticket that came back, expired or not, from the browser that holds one of these.
// ticket_invalid, ticket_from_other_browser.
Outcome<Ticket> open_ticket(const Provider& provider, std::string_view sealed,
                            const std::vector<std::string>& browser_cookies);

// The page with the question: a POST form to `self` with the ticket sealed for this browser, whose cookie is
// set (or kept, if one of `browser_cookies` is one of ours). 200, no-store, not framable. Referrer-Policy is
// same-origin here: under no-referrer browsers send the form with `Origin: null`, which ask() has to refuse.
// `self` that is no local path is left out: the form then posts to where it stands.
Page question_page(const Provider& provider, const Ticket& ticket, std::string_view self,
                   const std::vector<std::string>& browser_cookies, const Moment& moment);

// The page after "no": nothing happened.
Page stayed_page(const Provider& provider);

}  // namespace slo
