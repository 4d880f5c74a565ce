// SPDX-License-Identifier: BSD-2-Clause
// Reads a logout request and checks what in it can be checked without the store.
#include "core/op/end_session.h"

#include <algorithm>
#include <array>

#include "core/op/hint.h"
#include "core/participation/browser_cookies.h"
#include "core/text/form.h"
#include "core/text/uri.h"

namespace slo {
namespace {

// http://host and https://host are both `host`'s: a proxy in front of us may speak TLS.
bool is_of_host(std::string_view origin, std::string_view host) {
  return !host.empty() && origin.substr(0, 4) == "http" &&
         (origin == "http://" + std::string(host) || origin == "https://" + std::string(host));
}

// Sec-Fetch-Site is the browser's own verdict; `none` is a reload. Only browsers without it are judged by
// Origin: plain http has no Sec-Fetch-Site. There our own page may stand at another host or port than the
// issuer's. A stranger's page that has our address resolved for its own name (DNS rebinding) shares that name
// in Origin and Host, but has neither our cookies nor a ticket for them.
bool comes_from_elsewhere(const Provider& provider, const EndSessionRequest& request) {
  if (!request.sec_fetch_site.empty()) {
    return request.sec_fetch_site != "same-origin" && request.sec_fetch_site != "none";
  }
  if (request.origin.empty()) return false;
  const auto issuer = read_uri(provider.issuer.value);
  const bool is_issuers = issuer && request.origin == issuer->origin();
  return !is_issuers && !is_of_host(request.origin, request.host);
}

void ask_for_cookies(const Provider& provider, const EndSessionRequest& request, CheckedRequest& checked) {
  if (provider.session_cookies.empty()) return;
  for (const auto& value : request.session_cookies) {
    if (value.empty()) continue;
    auto digests = digests_of(provider, value);
    if (std::ranges::find(checked.cookies, digests) != checked.cookies.end()) continue;
    checked.too_many_cookies = checked.cookies.size() == max_session_cookies;
    if (checked.too_many_cookies) break;
    checked.question.cookies.insert(checked.question.cookies.end(), digests.begin(), digests.end());
    checked.cookies.push_back(std::move(digests));
  }
  if (checked.cookies.empty()) {
    checked.cookie_withheld = request.is_post && comes_from_elsewhere(provider, request);
  }
}

// The registration may have changed while the user was thinking.
bool may_still_go_onward(const ClientRef& client, const PostLogout& post_logout) {
  return post_logout.uri.empty() || (client != nullptr && client->may_redirect_to(post_logout.uri));
}

Outcome<CheckedRequest> ask_with_ticket(const Provider& provider, const EndSessionRequest& request,
                                        const Moment& moment) {
  if (comes_from_elsewhere(provider, request)) return refuse(Fault::cross_site_request);
  auto ticket = open_ticket(provider, *request.ticket, request.browser_cookies);
  if (!ticket) return refuse(ticket.error());
  ticket->answer_yes = request.choice == "yes";
  if (moment.seconds() >= ticket->expires) ticket->again = Fault::ticket_expired;

  CheckedRequest checked{.client = ticket->client ? provider.find(*ticket->client) : nullptr};
  if (!may_still_go_onward(checked.client, ticket->post_logout))
    return refuse(Fault::redirect_not_registered);
  ask_for_cookies(provider, request, checked);
  checked.question.key = ticket->session;
  checked.ticket = *std::move(ticket);
  return checked;
}

Outcome<void> ask_for_hint(const Provider& provider, const EndSessionRequest& request, const Moment& moment,
                           CheckedRequest& checked) {
  if (!request.id_token_hint) {
    if (provider.hint.required) return refuse(Fault::hint_required);
    return {};
  }
  const auto hint = verify_hint(provider, *request.id_token_hint, request.client_id, moment);
  if (!hint) return refuse(hint.error());
  checked.hint = *hint;
  checked.client = hint->client;
  checked.question.sid = hint->sid;
  // A sid names one session; its user's other ones are none of this request's business.
  if (!hint->sid) checked.question.subject = hint->sub;
  return {};
}

Outcome<void> ask_for_client(const Provider& provider, const EndSessionRequest& request,
                             CheckedRequest& checked) {
  if (checked.hint || !request.client_id) return {};
  checked.client = provider.find(ClientId{*request.client_id});
  if (checked.client == nullptr) return refuse(Fault::client_unknown);
  return {};
}

Outcome<void> ask_for_redirect(const Provider& provider, const EndSessionRequest& request,
                               CheckedRequest& checked) {
  if (!request.post_logout_redirect_uri) return {};
  if (checked.client != nullptr && checked.client->may_redirect_to(*request.post_logout_redirect_uri)) {
    checked.redirect = request.post_logout_redirect_uri;
    checked.state = request.state;
    return {};
  }
  Refusal refusal{checked.client != nullptr ? Fault::redirect_not_registered
                                            : Fault::redirect_without_client};
  if (provider.bad_redirect == BadRedirect::reject) return refuse(std::move(refusal));
  checked.bad_redirect = std::move(refusal);
  return {};
}

bool contradicts_hint(const EndSessionRequest& request, const CheckedRequest& checked) {
  return checked.hint && request.client_id && *request.client_id != checked.hint->client->id.value;
}

// A prefetch (Sec-Purpose: prefetch;prerender, Purpose: prefetch, X-Moz: prefetch) or a preview.
bool is_speculative(std::string_view purpose) {
  for (const std::string_view word : {"prefetch", "prerender", "preview"}) {
    if (purpose.find(word) != std::string_view::npos) return true;
  }
  return false;
}

Outcome<CheckedRequest> ask_for_all(const Provider& provider, const EndSessionRequest& request,
                                    const Moment& moment) {
  CheckedRequest checked;
  if (const auto hint = ask_for_hint(provider, request, moment, checked); !hint) {
    if (hint.error().fault != Fault::token_too_large || provider.hint.required) return refuse(hint.error());
    checked = CheckedRequest{.dropped_hint = hint.error()};
    if (request.post_logout_redirect_uri) checked.bad_redirect = Refusal{Fault::token_too_large};
    ask_for_cookies(provider, request, checked);
    return checked;
  }
  if (contradicts_hint(request, checked)) {
    if (!provider.hint.confirm_mismatch) return refuse(Fault::hint_client_mismatch);
    checked = CheckedRequest{.dropped_hint = Refusal{Fault::hint_client_mismatch}};
    ask_for_cookies(provider, request, checked);
    return checked;
  }
  if (const auto client = ask_for_client(provider, request, checked); !client) return refuse(client.error());
  if (const auto redirect = ask_for_redirect(provider, request, checked); !redirect)
    return refuse(redirect.error());
  ask_for_cookies(provider, request, checked);
  return checked;
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
  if (request.state && request.state->size() > max_state)
    return refuse(Fault::form_too_large, "state is too long");
  return request;
}

Outcome<CheckedRequest> check_request(const Provider& provider, const EndSessionRequest& request,
                                      const Moment& moment) {
  if (is_speculative(request.purpose)) return refuse(Fault::speculative_request);
  if (request.is_post && request.ticket) return ask_with_ticket(provider, request, moment);
  auto checked = ask_for_all(provider, request, moment);
  if (checked) checked->is_embedded = !request.sec_fetch_dest.empty() && request.sec_fetch_dest != "document";
  return checked;
}

}  // namespace slo
