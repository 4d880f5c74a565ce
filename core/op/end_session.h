// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout: ask → decide → render. RP-Initiated Logout 1.0.
//
// ask() reads the request and says what must be known from the store; decide() concludes; the pages are
// written by logout_page.h and confirmation.h. Nothing here has a side effect.
//
// What counts as proof, so that no question is needed: a valid hint whose session is live or recent, whose
// client takes part in that session under the hint's sub and sid, while the browser's cookies find the same
// session or none. A live session that is known to belong to another cookie than the browser's, which is not
// known at all, is not proven to be the browser's. The session is found by the hint's sid, or, for a hint
// without sid, by the cookies. All else that would end a live session asks the user first (RPI 2 and 6); so
// does even proof under always_confirm.
//
// Which session the question is about: the cookie's, else that of the hint's sid (of a hint that its client
// signs with its own secret: only where it takes part, since it may write what it likes), else, for a hint
// without sid, the newest of its sub in which its client takes part. logout_hint selects nothing: it is no
// secret, and whoever knows a user's name could end his sessions from any browser (RPI-OP-14 leaves its
// meaning to us).
//
// A POST from another site arrives without a SameSite=Lax cookie. Then "no session" is not known but only not
// seen: the question is asked, and its answer, which comes from our own page, brings the cookie.
//
// Nor is "no session" known where a cookie or a hint names one that the store does not know: it may have lost
// it, or never learnt of it. Then nobody is told that he is signed out, and the cookie is only expired once
// the user has said yes to it (Claim).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/moment.h"
#include "core/op/confirmation.h"
#include "core/op/hint.h"
#include "core/op/logout_page.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// All that a browser sent. Parameters are decoded; empty ones are absent.
struct EndSessionRequest {
  bool is_post = false;
  std::optional<std::string> id_token_hint{}, logout_hint{}, client_id{}, post_logout_redirect_uri{}, state{},
      ui_locales{};
  std::optional<std::string> ticket{}, choice{};  // the confirmation form's own fields: `ticket`, `choice`
  std::vector<std::string> session_cookies{};     // values of the provider's session_cookies, all of them
  std::vector<std::string> browser_cookies{};     // values of those that begin as browser_cookie_prefix says
  std::string sec_fetch_site{};                   // Sec-Fetch-Site, empty if absent
  std::string sec_fetch_dest{};                   // Sec-Fetch-Dest, empty if absent
  std::string purpose{};                          // Sec-Purpose, Purpose or X-Moz, empty if absent
  std::string origin{};                           // Origin, empty if absent
  std::string host{};                             // Host, empty if absent
  std::string self{};                             // the path of this endpoint, where the form posts to
  bool is_hint_opened = false;                    // the hint came encrypted, and is opened by now
  bool wants_json = false;                        // Accept prefers application/json
};

// Longer ones would neither fit a ticket nor most servers' request lines.
inline constexpr std::size_t max_state = 4096;

// Reads parameters from `encoded` (query of a GET, body of a POST); the cookies and headers are the host's to
// add. `ticket` and `choice` count in a POST only. form_too_large for a state beyond its limit, and what
// Form::read refuses.
Outcome<EndSessionRequest> read_end_session_request(bool is_post, std::string_view encoded);

// The part of a request that stood up to validation.
struct CheckedRequest {
  std::optional<Hint> hint{};
  std::optional<Refusal> dropped_hint{};  // one was sent, of which nothing counts, and the request goes on
  ClientRef client{};                     // of the hint, or named by client_id
  std::optional<std::string> redirect{};  // registered for `client`
  std::optional<Refusal> bad_redirect{};  // set under bad_redirect end_without_redirect
  std::optional<std::string> state{};
  std::optional<Ticket> ticket{};  // a confirmation came back: opened and bound to this browser
  // Each session cookie that was sent, by the digests it may be known under: as it is, and without quotes.
  std::vector<std::vector<CookieDigest>> cookies{};
  bool too_many_cookies = false;  // beyond max_session_cookies they are not looked up
  bool cookie_withheld = false;   // a POST from another site brought none: there may be one all the same
  bool is_embedded = false;       // an image, a frame or a script asks, not a page that the user goes to
  SessionQuestion question{};
};

// Verifies hint, client and redirect (or opens the ticket). The refusal, if any, ends the request with an
// error page; nothing of a failed hint is used. protocol: RPI 2, 3, 4.
//
// A redirect needs a client, named by the hint or by client_id. With client_id alone the user is asked first
// (decide). Under end_without_redirect one that is not registered, or has no client, is kept in
// `bad_redirect` instead of refused. A ticket counts only in a POST from our own page: by Sec-Fetch-Site
// where the browser sends it, else by Origin (the issuer's, or that of the very host that was asked), else by
// the browser cookie alone. Its redirect must still be registered. One that is expired has its question asked
// once more. A hint that is too large to be read counts for nothing, and nothing beside it but the cookies:
// the user is asked about his own session, where hints are not required. What a browser loads in advance,
// before anybody has clicked, is refused; what is no document is never proof enough (decide).
Outcome<CheckedRequest> check_request(const Provider& provider, const EndSessionRequest& request,
                                      const Moment& moment);

struct AskUser {  // the question is mandatory, or the policy wants it
  Ticket ticket{};
};
struct End {  // proven or confirmed; the session may have ended already
  SessionKey session{};
  std::optional<ClientId> only_client{};  // scope client: this participation only
  PostLogout post_logout{};
  // The ticket that confirmed it must not have been used before: a second use could end something that the
  // user was never asked about. Where a ticket names the session to end, its yes stands until that session is
  // over, and asking twice is no harm.
  bool good_once = false;
  Claim claim = Claim::ended;  // or another_lives, or unknown: the browser's cookie is not the session's
  friend bool operator==(const End&, const End&) = default;
};
struct AlreadyOver {  // no session to end: idempotent
  PostLogout post_logout{};
  Claim claim = Claim::not_signed_in;
  bool expires_cookies = false;  // they are of sessions that have ended, or the user said yes
  friend bool operator==(const AlreadyOver&, const AlreadyOver&) = default;
};
struct Stay {  // the user said no
};
using Decision = std::variant<AskUser, End, AlreadyOver, Stay>;

// Concludes from what the store found. Never a refusal: what could be refused, ask() refused.
//
// A yes ends the session that was asked about, live or not. If the browser has another live session by now,
// the user is asked again about that one - unless the question could not see the session for want of the
// cookie; then he meant it. A hint that proves itself against a session that has ended already gives End
// again: the store answers `already`, and the iframes are shown once more; so does a cookie alone. Nothing to
// end: AlreadyOver, but client_id with a redirect and no hint is asked first, about the way onward; and so is
// a browser whose cookie is not known, unless a hint vouches for the way onward: then it is let go, with its
// cookie.
Decision decide(const Provider& provider, const CheckedRequest& checked, const Found& found,
                const Moment& moment);

// What `end`, which was good once, comes to when its ticket turns out to be used already and `now` is its
// session with the one client. A repeat, if what was confirmed has happened (a second click, a reload, an
// answer that was lost); else the question once more.
using Again = std::variant<AskUser, End>;
Again decide_again(const Provider& provider, const CheckedRequest& checked, const End& end,
                   const std::optional<Session>& now, const Moment& moment);

}  // namespace slo
