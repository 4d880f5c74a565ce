// SPDX-License-Identifier: BSD-2-Clause
// A logout request from its bytes to its decision: a session ends only by proof or by the user's yes, and
// nobody is sent to where his client is not registered.
#include "core/op/end_session.h"

#include <algorithm>

#include "core/op/logout_page.h"
#include "core/text/uri.h"
#include "t/core/op/hint_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

Provider make_provider() {
  Provider provider = a_provider();
  auto& native = client_of(provider, "app-a");
  native.native = true;
  native.loopback_redirects.insert("http://127.0.0.1/cb");
  native.id_token_signed_response_alg = jose::Algorithm::HS256;
  native.secret = secret_key(shared_secret);
  return provider;
}

Provider& provider_from(Input& input) {
  static Provider provider = make_provider();
  const auto how = input.byte();
  provider.always_confirm = (how & 1) != 0;
  provider.hint.required = (how & 6) == 6;
  provider.hint.confirm_mismatch = (how & 8) != 0;
  provider.bad_redirect = (how & 16) != 0 ? BadRedirect::end_without_redirect : BadRedirect::reject;
  provider.scope = (how & 32) != 0 ? Scope::client : Scope::session;
  return provider;
}

constexpr std::string_view browser = "0123456789abcdefABCDEF";

// The parameters of the fuzzer's making, and where it wishes a hint or a ticket that are good.
std::string encoded_request(const Provider& provider, Input& input) {
  std::string encoded = input.text();
  if (input.flag()) {
    const auto changes = parse_json(input.text());
    const auto claims =
        id_token_claims(changes && json_is_object(changes->get()) ? dump_json(changes->get()) : "{}");
    encoded += "&id_token_hint=" + granted(jose::sign(*provider.find(ClientId{"app-a"})->secret,
                                                      jose::Algorithm::HS256, nullptr, claims));
  }
  if (input.flag()) {
    Ticket ticket{.nonce = "n", .expires = login_time + Seconds{3600}, .client = ClientId{"app-a"}};
    if (input.flag()) ticket.session = SessionKey{"sid-" + input.text()};
    if (input.flag())
      ticket.post_logout = {.uri = "https://app-a.example.com/" + input.text(), .state = input.maybe_text()};
    ticket.cookie_withheld = input.flag();
    ticket.one_client = input.flag();
    encoded += "&ticket=" + granted(seal_ticket(provider, ticket, browser));
  }
  return encoded;
}

std::optional<Session> session_from(Input& input, const std::string& key) {
  const auto how = input.byte();
  if ((how & 1) == 0) return std::nullopt;
  Session session = a_session();
  session.key.value = key;
  if ((how & 2) != 0) session.ended = Seconds{300};
  if ((how & 4) != 0) session.participants.erase(session.participants.begin());
  if ((how & 8) != 0) session.participants.front().sub = Subject{"bob"};
  if ((how & 16) != 0) session.participants.front().no_sid = true;
  return session;
}

// What the store can find for this question: only what was asked for.
Found found_from(Input& input, const SessionQuestion& question) {
  Found found;
  for (const auto& cookie : question.cookies) {
    auto session = session_from(input, input.flag() ? "sid-1" : "sid-2");
    if (session) found.by_cookie.push_back({cookie, *std::move(session)});
  }
  if (question.sid) found.by_sid = session_from(input, question.sid->value);
  if (question.key) found.by_key = session_from(input, question.key->value);
  if (!question.subject) return found;
  for (const char* key : {"sid-1", "sid-3"}) {
    auto session = session_from(input, key);
    if (session && session->is_live()) found.by_subject.push_back(*std::move(session));
  }
  return found;
}

bool is_known(const std::optional<Session>& session, const SessionKey& key) {
  return session && session->key == key;
}

void check_onward(const Provider& provider, const EndSessionRequest& request, const CheckedRequest& checked,
                  const PostLogout& post_logout) {
  if (post_logout.uri.empty())
    return promise(!post_logout.state || checked.ticket.has_value(),
                   "a state goes nowhere without its redirect");
  promise(checked.client != nullptr && checked.client->may_redirect_to(post_logout.uri),
          "a redirect is registered for the client");
  promise(post_logout.uri.find('#') == std::string::npos, "and has no fragment, as nothing registered has");
  const auto location = post_logout_location(post_logout);
  promise(post_logout.refused.has_value() || location.starts_with(post_logout.uri),
          "and is kept to the byte");
  const auto uri = read_uri(location);
  if (post_logout.refused || location.size() > 2048) return;
  promise(uri && !holds_any(location, "\r\n "), "a location is a URI");
  if (!post_logout.state || checked.ticket) return;
  promise(post_logout.state == request.state, "the state is what was sent");
  const auto last = uri->query->rfind("state=");
  auto sent_back = uri->query->substr(last + 6);
  promise(decode_component(sent_back) == post_logout.state, "and given back to the byte");
  (void)provider;
}

void check_end(const Provider& provider, const CheckedRequest& checked, const Found& found, const End& end) {
  const auto by_cookie = std::ranges::find(found.by_cookie, end.session,
                                           [](const FoundByCookie& sent) { return sent.session.key; });
  promise(by_cookie != found.by_cookie.end() || is_known(found.by_sid, end.session) ||
              is_known(found.by_key, end.session),
          "a session that is ended was found");
  if (checked.ticket) return promise(checked.ticket->answer_yes, "a user who was asked has said yes");
  const Session& session = is_known(found.by_sid, end.session) ? *found.by_sid : by_cookie->session;
  if (!session.is_live() && !checked.hint) return;  // shown once more
  promise(checked.hint.has_value(), "without a ticket only a hint proves anything");
  // Sessions that were found in several ways have participants of their own here: one of them counted.
  const auto counts = [&](const Session& one) {
    const Participant* participant = one.key == end.session ? one.find(checked.hint->client->id) : nullptr;
    return participant != nullptr && sub_of(one, *participant) == checked.hint->sub;
  };
  promise((found.by_sid && counts(*found.by_sid)) || (found.by_key && counts(*found.by_key)) ||
              std::ranges::any_of(found.by_cookie, counts, &FoundByCookie::session),
          "its client takes part in the session, under the hint's sub");
  promise(found.by_cookie.empty() || by_cookie != found.by_cookie.end(),
          "and it is the browser's, if that has any");
  promise(!session.is_live() || !provider.always_confirm, "always means always");
  promise(!end.only_client || end.only_client == checked.hint->client->id,
          "a single participation is the client's own");
}

void check_decision(const Provider& provider, const EndSessionRequest& request, const CheckedRequest& checked,
                    const Found& found) {
  const auto decision = decide(provider, checked, found, a_moment());
  if (const auto* end = std::get_if<End>(&decision)) {
    check_end(provider, checked, found, *end);
    check_onward(provider, request, checked, end->post_logout);
    const auto page = logout_page(provider, a_session(), end->post_logout, {.claim = end->claim}, a_moment());
    promise(page.status == 200 || page.status == 303 || page.status == 400, "an end has its page");
  } else if (const auto* question = std::get_if<AskUser>(&decision)) {
    check_onward(provider, request, checked, question->ticket.post_logout);
    promise(question->ticket.expires > a_moment().seconds() && !question->ticket.answer_yes,
            "a question is open");
  } else if (const auto* over = std::get_if<AlreadyOver>(&decision)) {
    check_onward(provider, request, checked, over->post_logout);
    const auto lives = [](const FoundByCookie& sent) { return sent.session.is_live(); };
    promise(std::ranges::none_of(found.by_cookie, lives) || checked.ticket.has_value(),
            "a live session of this browser is not passed over");
  } else {
    promise(checked.ticket && !checked.ticket->answer_yes, "only a no changes nothing");
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo::fuzz;
  auto& provider = provider_from(input);
  const bool is_post = input.flag();
  auto request = slo::read_end_session_request(is_post, encoded_request(provider, input));
  if (!request) return;
  while (input.flag() && request->session_cookies.size() < 12)
    request->session_cookies.push_back(input.text());
  if (input.flag()) request->browser_cookies = {std::string(browser)};
  request->sec_fetch_site = input.text();
  request->origin = input.text();
  request->host = input.text();
  const auto checked = slo::check_request(provider, *request, slo::a_moment());
  if (!checked) {
    const auto page = slo::refusal_page(checked.error(), input.flag(), "/logout");
    promise(page.status >= 400, "a refusal is no success");
    promise(!request->state || request->state->size() < 16 ||
                page.body.find(*request->state) == std::string::npos,
            "and quotes nothing");
    return;
  }
  check_decision(provider, *request, *checked, found_from(input, checked->question));
}
