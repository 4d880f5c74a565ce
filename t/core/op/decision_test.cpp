// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <array>

#include "core/op/end_session.h"
#include "t/core/op/hint_tokens.h"

namespace slo::decision_test {
namespace {

const std::string out_of_a = "https://app-a.example.com/out";
const PostLogout to_app_a{.uri = out_of_a, .state = "s"};

// What ask() makes of a valid hint for alice at app-a, with a redirect.
CheckedRequest with_hint(const Provider& provider, std::optional<Sid> sid = Sid{"sid-1"}) {
  const ClientRef client = provider.find(ClientId{"app-a"});
  return {.hint = Hint{.client = client, .sub = Subject{"alice"}, .sid = std::move(sid)},
          .client = client,
          .redirect = out_of_a,
          .state = "s"};
}
CheckedRequest with_client_id(const Provider& provider) {
  return {.client = provider.find(ClientId{"app-a"}), .redirect = out_of_a, .state = "s"};
}

Session ended(Session session) {
  session.ended = Seconds{500};
  session.reason = "rp";
  return session;
}
std::vector<FoundByCookie> sent(Session session) { return {{CookieDigest{"known"}, std::move(session)}}; }

Session session_of(std::string_view key, std::string_view sub) {
  Session session = a_session();
  session.key = SessionKey{std::string(key)};
  session.sub = Subject{std::string(sub)};
  return session;
}

// A decision in words, so that tests compare it whole.
std::string words(const PostLogout& post_logout) {
  std::string text = post_logout.uri.empty() ? "nowhere" : post_logout.uri;
  if (post_logout.state) text += " state " + *post_logout.state;
  if (post_logout.refused) text += " refused " + std::string(describe(post_logout.refused->fault).name);
  return text;
}
std::string words(Claim claim) {
  constexpr std::array names{"ended", "another lives", "not signed in", "unknown", "forgotten"};
  return names.at(static_cast<std::size_t>(claim));
}
struct Words {
  std::string operator()(const AskUser& question) const {
    const Ticket& ticket = question.ticket;
    std::string text = "ask";
    if (ticket.session) text += " about " + ticket.session->value;
    if (ticket.client) text += " for " + ticket.client->value;
    if (ticket.one_client) text += " alone";
    if (ticket.cookie_withheld) text += " unseen";
    if (ticket.unknown_cookie) text += " unknown";
    if (ticket.again) text += " again";
    return text + ", " + words(ticket.post_logout);
  }
  std::string operator()(const End& end) const {
    return "end " + end.session.value + (end.only_client ? " of " + end.only_client->value : "") + ", " +
           words(end.post_logout) + (end.good_once ? ", once" : "") +
           (end.claim == Claim::ended ? "" : ", " + words(end.claim));
  }
  std::string operator()(const AlreadyOver& over) const {
    return words(over.claim) + ", " + words(over.post_logout) +
           (over.expires_cookies ? ", cookies expired" : "");
  }
  std::string operator()(const Stay&) const { return "stay"; }
};
std::string decision(const Provider& provider, const CheckedRequest& checked, const Found& found) {
  return std::visit(Words{}, decide(provider, checked, found, a_moment()));
}

const std::string ends = "end sid-1, " + out_of_a + " state s";
const std::string asks = "ask about sid-1 for app-a, " + out_of_a + " state s";

CheckedRequest answered(const Provider& provider, std::optional<SessionKey> session, bool yes = true) {
  return {.client = provider.find(ClientId{"app-a"}),
          .ticket = Ticket{.nonce = "n",
                           .session = std::move(session),
                           .client = ClientId{"app-a"},
                           .post_logout = to_app_a,
                           .answer_yes = yes}};
}

std::string again(const End& end, const std::optional<Session>& now) {
  const Provider provider = a_provider();
  const CheckedRequest checked = answered(provider, std::nullopt);
  return std::visit(Words{}, decide_again(provider, checked, end, now, a_moment()));
}

}  // namespace

TEST(Decide, ends_the_session_of_a_valid_hint) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = a_session()}), ends);
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_cookie = sent(a_session()), .by_sid = a_session()}),
            ends);
}

TEST(Decide, ends_a_session_that_ended_before_once_more_so_that_a_repeat_succeeds) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, does_not_mind_an_expired_hint) {
  const Provider provider = a_provider();
  CheckedRequest checked = with_hint(provider);
  checked.hint->expired = true;
  EXPECT_EQ(decision(provider, checked, {.by_sid = a_session()}), ends);
  EXPECT_EQ(decision(provider, checked, {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, takes_a_hint_without_sid_for_proof_where_the_cookie_agrees) {
  const Provider provider = a_provider();
  const CheckedRequest checked = with_hint(provider, std::nullopt);
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(a_session())}), ends);
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(ended(a_session()))}), ends);
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(session_of("sid-1", "bob"))}), asks);
}

TEST(Decide, compares_the_names_by_which_the_client_itself_knows_the_session) {
  const Provider provider = a_provider();
  Session session = session_of("sid-of-op", "op-user-7");
  session.participants.front().sub = Subject{"alice"};
  session.participants.front().sid = Sid{"sid-1"};
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session}),
            "end sid-of-op, " + out_of_a + " state s");
  session.participants.front().sub = Subject{"pairwise-of-bob"};
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session}),
            "ask about sid-of-op for app-a, " + out_of_a + " state s");
}

TEST(Decide, asks_when_the_hint_is_of_another_user) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session_of("sid-1", "bob")}), asks);
}

TEST(Decide, asks_when_the_hint_is_of_a_client_outside_the_session) {
  const Provider provider = a_provider();
  Session session = a_session();
  session.participants.erase(session.participants.begin());
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session}), asks);
  EXPECT_EQ(decision(provider, with_hint(provider, std::nullopt), {.by_cookie = sent(session)}), asks);
}

TEST(Decide, asks_when_the_sid_is_not_the_clients_own) {
  const Provider provider = a_provider();
  Session session = a_session();
  session.participants.front().sid = Sid{"sid-of-app-a"};
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session}), asks);
  session.participants.front().sid.reset();
  session.participants.front().no_sid = true;
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = session}), asks);
}

TEST(Decide, asks_about_the_browsers_own_session_when_the_hint_is_of_another) {
  const Provider provider = a_provider();
  const Found found{.by_cookie = sent(session_of("sid-2", "alice")), .by_sid = a_session()};
  const std::string asks_about_cookies = "ask about sid-2 for app-a, " + out_of_a + " state s";
  EXPECT_EQ(decision(provider, with_hint(provider), found), asks_about_cookies);
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_cookie = found.by_cookie}), asks_about_cookies);
  EXPECT_EQ(
      decision(provider, with_hint(provider), {.by_cookie = found.by_cookie, .by_sid = ended(a_session())}),
      asks_about_cookies);
}

TEST(Decide, asks_when_the_cookie_remembers_another_session_that_ended) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider),
                     {.by_cookie = sent(ended(session_of("sid-2", "alice"))), .by_sid = a_session()}),
            asks);
}

TEST(Decide, asks_without_a_hint) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {}, {.by_cookie = sent(a_session())}), "ask about sid-1, nowhere");
  EXPECT_EQ(decision(provider, with_client_id(provider), {.by_cookie = sent(a_session())}), asks);
}

TEST(Decide, asks_even_with_proof_where_the_operator_wants_so) {
  Provider provider = a_provider();
  provider.always_confirm = true;
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = a_session()}), asks);
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, asks_about_the_newest_session_of_subject_and_client_where_there_is_no_better) {
  const Provider provider = a_provider();
  Session without_client = session_of("sid-9", "alice");
  without_client.participants.clear();
  const Found found{.by_subject = {without_client, a_session(), session_of("sid-0", "alice")}};
  EXPECT_EQ(decision(provider, with_hint(provider, std::nullopt), found), asks);
  EXPECT_EQ(decision(provider, with_hint(provider, std::nullopt), {.by_subject = {without_client}}),
            "unknown, " + out_of_a + " state s");
}

TEST(Decide, lets_no_request_without_hint_select_a_session_but_by_cookie) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {}, {.by_sid = a_session(), .by_subject = {a_session()}}),
            "not signed in, nowhere");
}

TEST(Decide, succeeds_without_a_session) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {}), "unknown, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, {}, {}), "not signed in, nowhere");
  EXPECT_EQ(decision(provider, {}, {.by_cookie = sent(ended(a_session()))}), "end sid-1, nowhere");
}

TEST(Decide, asks_before_it_follows_a_redirect_that_no_hint_vouches_for) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_client_id(provider), {}), "ask for app-a, " + out_of_a + " state s");
  CheckedRequest without_redirect = with_client_id(provider);
  without_redirect.redirect.reset();
  without_redirect.state.reset();
  EXPECT_EQ(decision(provider, without_redirect, {}), "not signed in, nowhere");
}

TEST(Decide, says_that_a_redirect_was_refused) {
  const Provider provider = a_provider();
  CheckedRequest checked = with_hint(provider);
  checked.redirect.reset();
  checked.state.reset();
  checked.bad_redirect = Refusal{Fault::redirect_not_registered};
  EXPECT_EQ(decision(provider, checked, {.by_sid = a_session()}),
            "end sid-1, nowhere refused redirect_not_registered");
  EXPECT_EQ(decision(provider, checked, {}), "unknown, nowhere refused redirect_not_registered");
}

TEST(Decide, never_says_over_while_a_cookie_may_be_withheld) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {.cookie_withheld = true}, {}), "ask unseen, nowhere");
  CheckedRequest checked = with_hint(provider);
  checked.cookie_withheld = true;
  EXPECT_EQ(decision(provider, checked, {}), "ask for app-a unseen, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, checked, {.by_sid = a_session()}), ends);
}

TEST(Decide, ends_one_participation_where_the_scope_is_the_client) {
  Provider provider = a_provider();
  provider.scope = Scope::client;
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = a_session()}),
            "end sid-1 of app-a, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, with_client_id(provider), {.by_cookie = sent(a_session())}),
            "ask about sid-1 for app-a alone, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, {}, {.by_cookie = sent(a_session())}), "ask about sid-1, nowhere");
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, seals_a_question_with_a_fresh_nonce_for_the_tickets_life) {
  Provider provider = a_provider();
  provider.ticket_life = Seconds{77};
  const auto decided = decide(provider, {}, {.by_cookie = sent(a_session())}, a_moment());
  const Ticket expected{.nonce = nonce(a_moment(), 0),
                        .expires = a_moment().seconds() + Seconds{77},
                        .session = SessionKey{"sid-1"}};
  EXPECT_EQ(std::get<AskUser>(decided).ticket, expected);
}

TEST(DecideAnswer, stays_after_a_no) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, answered(provider, SessionKey{"sid-1"}, false), {.by_key = a_session()}),
            "stay");
}

TEST(DecideAnswer, ends_the_session_that_was_asked_about) {
  const Provider provider = a_provider();
  const CheckedRequest checked = answered(provider, SessionKey{"sid-1"});
  EXPECT_EQ(decision(provider, checked, {.by_key = a_session()}), ends);
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(a_session()), .by_key = a_session()}), ends);
  EXPECT_EQ(decision(provider, checked, {.by_key = ended(a_session())}), ends);
  EXPECT_EQ(decision(provider, checked,
                     {.by_cookie = sent(ended(session_of("sid-2", "alice"))), .by_key = a_session()}),
            ends);
}

TEST(DecideAnswer, goes_onward_when_the_session_is_gone_or_there_was_none) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, answered(provider, SessionKey{"sid-1"}), {}),
            "forgotten, " + out_of_a + " state s, cookies expired");
  EXPECT_EQ(decision(provider, answered(provider, std::nullopt), {}),
            "not signed in, " + out_of_a + " state s");
}

TEST(DecideAnswer, asks_again_when_the_browser_has_another_session_by_now) {
  const Provider provider = a_provider();
  const Found found{.by_cookie = sent(session_of("sid-2", "bob")), .by_key = a_session()};
  const std::string again = "ask about sid-2 for app-a, " + out_of_a + " state s";
  EXPECT_EQ(decision(provider, answered(provider, SessionKey{"sid-1"}), found), again);
  EXPECT_EQ(decision(provider, answered(provider, std::nullopt), {.by_cookie = found.by_cookie}), again);
}

TEST(DecideAnswer, ends_the_session_that_the_question_could_not_see) {
  const Provider provider = a_provider();
  CheckedRequest checked = answered(provider, std::nullopt);
  checked.ticket->cookie_withheld = true;
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(a_session())}), ends + ", once");
  EXPECT_EQ(decision(provider, checked, {}), "not signed in, " + out_of_a + " state s");
}

TEST(DecideAnswer, shows_the_end_once_more_to_who_clicked_twice_on_a_question_that_saw_no_session) {
  const Provider provider = a_provider();
  CheckedRequest checked = answered(provider, std::nullopt);
  checked.ticket->cookie_withheld = true;
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(ended(a_session()))}), ends);
}

TEST(DecideAnswer, ends_as_much_as_the_question_said) {
  const Provider provider = a_provider();
  CheckedRequest checked = answered(provider, SessionKey{"sid-1"});
  checked.ticket->one_client = true;
  EXPECT_EQ(decision(provider, checked, {.by_key = a_session()}),
            "end sid-1 of app-a, " + out_of_a + " state s, once");
  EXPECT_EQ(decision(provider, checked, {.by_key = ended(a_session())}), ends);
}

// A double click, F5 on the frame page, a retry after a lost answer, and after a store that failed in
// between.
TEST(DecideAnswer, may_be_given_again_where_it_names_the_session) {
  const Provider provider = a_provider();
  const CheckedRequest checked = answered(provider, SessionKey{"sid-1"});
  for (const Session& session : {a_session(), ended(a_session())}) {
    EXPECT_FALSE(std::get<End>(decide(provider, checked, {.by_key = session}, a_moment())).good_once);
  }
}

TEST(DecideLateAnswer, asks_the_same_question_once_more) {
  const Provider provider = a_provider();
  CheckedRequest checked = answered(provider, SessionKey{"sid-1"});
  checked.ticket->again = Fault::ticket_expired;
  const std::string again = "ask about sid-1 for app-a again, " + out_of_a + " state s";
  EXPECT_EQ(decision(provider, checked, {.by_key = a_session()}), again);
  EXPECT_EQ(decision(provider, checked, {.by_cookie = sent(a_session()), .by_key = a_session()}), again);
  EXPECT_EQ(decision(provider, checked, {.by_key = ended(a_session())}), ends)
      << "nothing is left to ask about";
  EXPECT_EQ(decision(provider, checked, {}), "ask for app-a again, " + out_of_a + " state s");
  checked.ticket->answer_yes = false;
  EXPECT_EQ(decision(provider, checked, {.by_key = a_session()}), "stay");
}

TEST(UsedTicket, repeats_what_has_happened) {
  const End of_session{.session = SessionKey{"sid-1"}, .post_logout = to_app_a, .good_once = true};
  EXPECT_EQ(again(of_session, ended(a_session())), ends + ", once");
  EXPECT_EQ(again(of_session, std::nullopt), ends + ", once");

  End of_client = of_session;
  of_client.only_client = ClientId{"app-a"};
  Session without = a_session();
  without.participants.erase(without.participants.begin());
  EXPECT_EQ(again(of_client, without), "end sid-1 of app-a, " + out_of_a + " state s, once");
  EXPECT_EQ(again(of_client, ended(a_session())), ends + ", once") << "the whole session went since";
}

TEST(UsedTicket, ends_nothing_that_the_user_was_not_asked_about) {
  End end{.session = SessionKey{"sid-1"}, .post_logout = to_app_a, .good_once = true};
  const std::string asks_again = "ask about sid-1 for app-a again, " + out_of_a + " state s";
  EXPECT_EQ(again(end, a_session()), asks_again) << "a session of a later login";
  end.only_client = ClientId{"app-a"};
  EXPECT_EQ(again(end, a_session()), asks_again) << "a client that came back";
}

// What a browser reads, and whether its cookies are expired, for every cookie and every hint.
namespace {

const CookieDigest its_cookie{"its cookie"};

enum class Sent : std::uint8_t { none, unknown, live, over };

struct Browser {
  Provider provider = a_provider();
  CheckedRequest checked{};
  Found found{};

  Browser(Sent cookie, std::optional<Sent> hint, bool has_redirect) {
    if (hint) checked = with_hint(provider);
    if (!has_redirect) checked.redirect = checked.state = std::nullopt;
    Session of_cookie = a_session();
    if (cookie == Sent::over) of_cookie = ended(a_session());
    if (cookie != Sent::none) checked.cookies = {{its_cookie}};
    if (cookie != Sent::none) checked.question.cookies = {its_cookie};
    if (cookie == Sent::live || cookie == Sent::over) found.by_cookie = {{its_cookie, of_cookie}};
    // A hint of the cookie's session where that fits, else of another one.
    if (hint == Sent::live) found.by_sid = cookie == Sent::over ? session_of("sid-2", "alice") : a_session();
    if (hint == Sent::over) {
      found.by_sid = ended(cookie == Sent::live ? session_of("sid-2", "alice") : a_session());
    }
    if (hint && found.by_sid) checked.hint->sid = Sid{found.by_sid->key.value};
  }
  std::string outcome() const { return decision(provider, checked, found); }
};

std::string with_redirect(Sent cookie, std::optional<Sent> hint) {
  return Browser(cookie, hint, true).outcome();
}
std::string without_redirect(Sent cookie, std::optional<Sent> hint) {
  return Browser(cookie, hint, false).outcome();
}

}  // namespace

TEST(Claims, without_a_hint) {
  EXPECT_EQ(without_redirect(Sent::none, {}), "not signed in, nowhere");
  EXPECT_EQ(without_redirect(Sent::unknown, {}), "ask unknown, nowhere");
  EXPECT_EQ(without_redirect(Sent::live, {}), "ask about sid-1, nowhere");
  EXPECT_EQ(without_redirect(Sent::over, {}), "end sid-1, nowhere");
}

TEST(Claims, with_a_hint_of_a_live_session) {
  EXPECT_EQ(without_redirect(Sent::none, Sent::live), "end sid-1, nowhere");
  EXPECT_EQ(without_redirect(Sent::unknown, Sent::live), "end sid-1, nowhere");
  EXPECT_EQ(without_redirect(Sent::live, Sent::live), "end sid-1, nowhere");
  EXPECT_EQ(without_redirect(Sent::over, Sent::live), "ask about sid-2 for app-a, nowhere");
  for (const Sent cookie : {Sent::none, Sent::unknown, Sent::live})
    EXPECT_EQ(with_redirect(cookie, Sent::live), ends);
  EXPECT_EQ(with_redirect(Sent::over, Sent::live), "ask about sid-2 for app-a, " + out_of_a + " state s");
}

TEST(Claims, with_a_hint_of_a_session_that_has_ended) {
  EXPECT_EQ(without_redirect(Sent::none, Sent::over), "end sid-1, nowhere");
  EXPECT_EQ(without_redirect(Sent::unknown, Sent::over), "ask about sid-1 for app-a unknown, nowhere");
  EXPECT_EQ(without_redirect(Sent::live, Sent::over), "ask about sid-1 for app-a, nowhere");
  EXPECT_EQ(without_redirect(Sent::over, Sent::over), "end sid-1, nowhere");
  EXPECT_EQ(with_redirect(Sent::none, Sent::over), ends);
  EXPECT_EQ(with_redirect(Sent::unknown, Sent::over), ends + ", unknown");
  EXPECT_EQ(with_redirect(Sent::live, Sent::over), asks);
  EXPECT_EQ(with_redirect(Sent::over, Sent::over), ends);
}

TEST(Claims, with_a_hint_of_a_session_that_is_not_known) {
  EXPECT_EQ(without_redirect(Sent::none, Sent::unknown), "unknown, nowhere");
  EXPECT_EQ(without_redirect(Sent::unknown, Sent::unknown), "ask for app-a unknown, nowhere");
  EXPECT_EQ(without_redirect(Sent::live, Sent::unknown), "ask about sid-1 for app-a, nowhere");
  EXPECT_EQ(without_redirect(Sent::over, Sent::unknown), "unknown, nowhere, cookies expired");
  const std::string goes_on = "unknown, " + out_of_a + " state s";
  EXPECT_EQ(with_redirect(Sent::none, Sent::unknown), goes_on);
  EXPECT_EQ(with_redirect(Sent::unknown, Sent::unknown), goes_on);
  EXPECT_EQ(with_redirect(Sent::live, Sent::unknown), asks);
  EXPECT_EQ(with_redirect(Sent::over, Sent::unknown), goes_on + ", cookies expired");
}

// The same cookie name for another path, or left over by an old version of the OP.
TEST(Claims, of_many_cookies_the_live_one_counts) {
  Browser browser(Sent::live, {}, false);
  browser.checked.cookies = {{CookieDigest{"stale"}}, {its_cookie}};
  EXPECT_EQ(browser.outcome(), "ask about sid-1, nowhere");
  browser.found.by_cookie.front().session = ended(a_session());
  EXPECT_EQ(browser.outcome(), "ask unknown, nowhere") << "the other one may be a login";
  browser.checked.cookies = {{CookieDigest{"\"quoted\""}, its_cookie}};
  EXPECT_EQ(browser.outcome(), "end sid-1, nowhere") << "known without its quotes";
  browser.checked.too_many_cookies = true;
  EXPECT_EQ(browser.outcome(), "ask unknown, nowhere");
}

TEST(Claims, nothing_is_known_to_be_over_where_another_session_of_the_browser_lives) {
  Browser browser(Sent::live, Sent::live, false);
  browser.found.by_cookie.push_back({CookieDigest{"second"}, session_of("sid-2", "bob")});
  EXPECT_EQ(browser.outcome(), "end sid-1, nowhere, another lives");

  CheckedRequest yes = answered(browser.provider, SessionKey{"sid-1"});
  browser.found.by_key = a_session();
  EXPECT_EQ(decision(browser.provider, yes, browser.found), ends + ", another lives");
}

// An OP that changes its cookie at login, registered with the old one.
TEST(Claims, a_live_session_of_another_cookie_is_not_proven_to_be_this_browsers) {
  Browser browser(Sent::unknown, Sent::live, false);
  browser.found.by_sid->cookie = CookieDigest{"of another browser, or the one before"};
  EXPECT_EQ(browser.outcome(), "ask about sid-1 for app-a, nowhere");
  browser.found.by_sid->cookie = its_cookie;
  EXPECT_EQ(browser.outcome(), "end sid-1, nowhere");
}

TEST(Claims, a_yes_rids_the_browser_of_a_cookie_that_is_not_known) {
  Browser browser(Sent::unknown, {}, false);
  browser.checked.ticket =
      Ticket{.nonce = "n", .post_logout = to_app_a, .unknown_cookie = true, .answer_yes = true};
  EXPECT_EQ(browser.outcome(), "forgotten, " + out_of_a + " state s, cookies expired");
  browser.checked.ticket->cookie_withheld = true;
  EXPECT_EQ(browser.outcome(), "forgotten, " + out_of_a + " state s, cookies expired");
}

TEST(Claims, nothing_is_known_of_a_browser_where_no_cookie_is_configured) {
  Browser browser(Sent::none, {}, false);
  browser.provider.session_cookies.clear();
  EXPECT_EQ(browser.outcome(), "unknown, nowhere");
}

TEST(Claims, nothing_is_known_where_a_hint_was_sent_that_counts_for_nothing) {
  Browser browser(Sent::none, {}, false);
  browser.checked.dropped_hint = Refusal{Fault::token_too_large};
  EXPECT_EQ(browser.outcome(), "unknown, nowhere");
}

}  // namespace slo::decision_test
