// SPDX-License-Identifier: BSD-2-Clause
// Reads a logout request and checks what in it can be checked without the store.
#include "core/end_session.h"

#include <array>

#include "core/hint.h"
#include "core/text/form.h"
#include "core/text/uri.h"

namespace slo {
namespace {

// Sec-Fetch-Site is the browser's own verdict; `none` is a reload. Only browsers without it are judged by
// Origin.
bool comes_from_elsewhere(const Provider& provider, const EndSessionRequest& request) {
  if (!request.sec_fetch_site.empty()) {
    return request.sec_fetch_site != "same-origin" && request.sec_fetch_site != "none";
  }
  if (request.origin.empty()) return false;
  const auto issuer = read_uri(provider.issuer.value);
  return !issuer || request.origin != issuer->origin();
}

void ask_for_cookie(const Provider& provider, const EndSessionRequest& request, Asked& asked) {
  if (!provider.session_cookie) return;
  if (request.session_cookie && !request.session_cookie->empty()) {
    asked.cookie_sent = true;
    asked.question.cookie = digest_cookie(provider.cookie_secret, *request.session_cookie);
  } else {
    asked.cookie_withheld = request.is_post && comes_from_elsewhere(provider, request);
  }
}

// The registration may have changed while the user was thinking.
bool may_still_go_onward(const Client* client, const Onward& onward) {
  return onward.uri.empty() || (client != nullptr && client->may_redirect_to(onward.uri));
}

Outcome<Asked> ask_with_ticket(const Provider& provider, const EndSessionRequest& request,
                               const Moment& moment) {
  if (comes_from_elsewhere(provider, request)) return refuse(Fault::cross_site_request);
  auto ticket = open_ticket(provider, *request.ticket, request.browser_cookie.value_or(""), moment);
  if (!ticket) return refuse(ticket.error());
  ticket->answer_yes = request.choice == "yes";

  Asked asked{.client = ticket->client ? provider.find(*ticket->client) : nullptr};
  if (!may_still_go_onward(asked.client, ticket->onward)) return refuse(Fault::redirect_not_registered);
  ask_for_cookie(provider, request, asked);
  asked.question.key = ticket->session;
  asked.ticket = *std::move(ticket);
  return asked;
}

Outcome<void> ask_for_hint(const Provider& provider, const EndSessionRequest& request, const Moment& moment,
                           Asked& asked) {
  if (!request.id_token_hint) {
    if (provider.hint.required) return refuse(Fault::hint_required);
    return {};
  }
  const auto hint = verify_hint(provider, *request.id_token_hint, request.client_id, moment);
  if (!hint) return refuse(hint.error());
  asked.hint = *hint;
  asked.client = hint->client;
  asked.question.sid = hint->sid;
  // A sid names one session; its user's other ones are none of this request's business.
  if (!hint->sid) asked.question.subject = hint->sub;
  return {};
}

Outcome<void> ask_for_client(const Provider& provider, const EndSessionRequest& request, Asked& asked) {
  if (asked.hint || !request.client_id) return {};
  asked.client = provider.find(ClientId{*request.client_id});
  if (asked.client == nullptr) return refuse(Fault::client_unknown);
  return {};
}

Outcome<void> ask_for_redirect(const Provider& provider, const EndSessionRequest& request, Asked& asked) {
  if (!request.post_logout_redirect_uri) return {};
  if (asked.client != nullptr && asked.client->may_redirect_to(*request.post_logout_redirect_uri)) {
    asked.redirect = request.post_logout_redirect_uri;
    asked.state = request.state;
    return {};
  }
  Refusal refusal{asked.client != nullptr ? Fault::redirect_not_registered : Fault::redirect_without_client};
  if (provider.bad_redirect == BadRedirect::reject) return refuse(std::move(refusal));
  asked.bad_redirect = std::move(refusal);
  return {};
}

bool contradicts_hint(const EndSessionRequest& request, const Asked& asked) {
  return asked.hint && request.client_id && *request.client_id != asked.hint->client->id.value;
}

}  // namespace

Outcome<EndSessionRequest> read_end_session_request(bool is_post, std::string_view encoded) {
  static constexpr std::array<std::string_view, 8> known{
      "id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri",
      "state",         "ui_locales",  "ticket",    "choice"};
  const auto form = Form::read(encoded, known);
  if (!form) return refuse(form.error());

  EndSessionRequest request{.is_post = is_post,
                            .id_token_hint = form->find("id_token_hint"),
                            .logout_hint = form->find("logout_hint"),
                            .client_id = form->find("client_id"),
                            .post_logout_redirect_uri = form->find("post_logout_redirect_uri"),
                            .state = form->find("state"),
                            .ui_locales = form->find("ui_locales")};
  if (is_post) {
    request.ticket = form->find("ticket");
    request.choice = form->find("choice");
  }
  if (request.state && request.state->size() > state_limit)
    return refuse(Fault::form_too_large, "state is too long");
  return request;
}

Outcome<Asked> ask(const Provider& provider, const EndSessionRequest& request, const Moment& moment) {
  if (request.is_post && request.ticket) return ask_with_ticket(provider, request, moment);

  Asked asked;
  if (const auto hint = ask_for_hint(provider, request, moment, asked); !hint) return refuse(hint.error());
  if (contradicts_hint(request, asked)) {
    if (!provider.hint.confirm_mismatch) return refuse(Fault::hint_client_mismatch);
    asked = Asked{};
    ask_for_cookie(provider, request, asked);
    return asked;
  }
  if (const auto client = ask_for_client(provider, request, asked); !client) return refuse(client.error());
  if (const auto redirect = ask_for_redirect(provider, request, asked); !redirect)
    return refuse(redirect.error());
  ask_for_cookie(provider, request, asked);
  return asked;
}

}  // namespace slo
