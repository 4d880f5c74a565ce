// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout: ask → decide → render. RP-Initiated Logout 1.0.
//
// ask() reads the request and says what must be known from the store; decide() concludes; the pages are written by
// logout_page.h and confirmation.h. Nothing here has a side effect.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/confirmation.h"
#include "core/moment.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider.h"
#include "core/session.h"

namespace slo {

// All that a browser sent. Parameters are decoded; empty ones are absent.
struct EndSessionRequest {
  bool is_post = false;
  std::optional<std::string> id_token_hint{}, logout_hint{}, client_id{}, post_logout_redirect_uri{}, state{},
      ui_locales{};
  std::optional<std::string> ticket{}, choice{};  // the confirmation form's own fields: `ticket`, `choice`
  std::optional<std::string> session_cookie{};    // value of the provider's session_cookie
  std::optional<std::string> browser_cookie{};    // value of browser_cookie_name(provider)
  std::string sec_fetch_site{};                   // Sec-Fetch-Site, empty if absent
  std::string origin{};                           // Origin, empty if absent
  std::string self{};                             // the path of this endpoint, where the form posts to
  bool wants_json = false;                        // Accept prefers application/json
};

// Reads parameters from `encoded` (query of a GET, body of a POST); the cookies and headers are the host's to add.
Outcome<EndSessionRequest> read_end_session_request(bool is_post, std::string_view encoded);

// What a verified id_token_hint says.
struct Hint {
  const Client* client = nullptr;
  Subject sub{};
  std::optional<Sid> sid{};
  bool expired = false;
};

// The part of a request that stood up to validation.
struct Asked {
  std::optional<Hint> hint{};
  const Client* client = nullptr;          // of the hint, or named by client_id
  std::optional<std::string> redirect{};   // registered for `client`
  std::optional<Refusal> bad_redirect{};   // set under bad_redirect end_without_redirect
  std::optional<std::string> state{};
  std::optional<Ticket> ticket{};          // a confirmation came back: opened and bound to this browser
  bool cookie_sent = false;
  SessionQuestion question{};
};

// Verifies hint, client and redirect (or opens the ticket). The refusal, if any, ends the request with an error page;
// nothing of a failed hint is used. protocol: RPI 2, 3, 4.
Outcome<Asked> ask(const Provider& provider, const EndSessionRequest& request, const Moment& moment);

struct AskUser {  // the question is mandatory, or the policy wants it
  Ticket ticket{};
};
struct End {  // proven or confirmed
  SessionKey session{};
  std::optional<ClientId> only_client{};  // scope client: this participation only
  Onward onward{};
};
struct AlreadyOver {  // no session to end: idempotent
  Onward onward{};
};
struct Stay {  // the user said no
};
using Decision = std::variant<AskUser, End, AlreadyOver, Stay>;

// Concludes from what the store found. Never a refusal: what could be refused, ask() refused.
Decision decide(const Provider& provider, const Asked& asked, const Found& found, const Moment& moment);

}  // namespace slo
