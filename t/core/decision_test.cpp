// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "core/end_session.h"
#include "t/core/hint_tokens.h"

namespace slo::decision_test {
namespace {

const std::string out_of_a = "https://app-a.example.com/out";
const Onward to_app_a{.uri = out_of_a, .state = "s"};

// What ask() makes of a valid hint for alice at app-a, with a redirect.
Asked with_hint(const Provider& provider, std::optional<Sid> sid = Sid{"sid-1"}) {
  const Client* client = provider.find(ClientId{"app-a"});
  return {.hint = Hint{.client = client, .sub = Subject{"alice"}, .sid = std::move(sid)},
          .client = client,
          .redirect = out_of_a,
          .state = "s"};
}
Asked with_client_id(const Provider& provider) {
  return {.client = provider.find(ClientId{"app-a"}), .redirect = out_of_a, .state = "s"};
}

Session ended(Session session) {
  session.ended = Seconds{500};
  session.reason = "rp";
  return session;
}
Session session_of(std::string_view key, std::string_view sub) {
  Session session = a_session();
  session.key = SessionKey{std::string(key)};
  session.sub = Subject{std::string(sub)};
  return session;
}

// A decision in words, so that tests compare it whole.
std::string words(const Onward& onward) {
  std::string text = onward.uri.empty() ? "nowhere" : onward.uri;
  if (onward.state) text += " state " + *onward.state;
  if (onward.refused) text += " refused " + std::string(describe(onward.refused->fault).name);
  return text;
}
struct Words {
  std::string operator()(const AskUser& question) const {
    const Ticket& ticket = question.ticket;
    std::string text = "ask";
    if (ticket.session) text += " about " + ticket.session->value;
    if (ticket.client) text += " for " + ticket.client->value;
    if (ticket.one_client) text += " alone";
    if (ticket.cookie_withheld) text += " unseen";
    return text + ", " + words(ticket.onward);
  }
  std::string operator()(const End& end) const {
    return "end " + end.session.value + (end.only_client ? " of " + end.only_client->value : "") + ", " +
           words(end.onward) + (end.good_once ? ", once" : "");
  }
  std::string operator()(const AlreadyOver& over) const { return "already over, " + words(over.onward); }
  std::string operator()(const Stay&) const { return "stay"; }
};
std::string decision(const Provider& provider, const Asked& asked, const Found& found) {
  return std::visit(Words{}, decide(provider, asked, found, a_moment()));
}

const std::string ends = "end sid-1, " + out_of_a + " state s";
const std::string asks = "ask about sid-1 for app-a, " + out_of_a + " state s";

Asked answered(const Provider& provider, std::optional<SessionKey> session, bool yes = true) {
  return {.client = provider.find(ClientId{"app-a"}),
          .ticket = Ticket{.nonce = "n",
                           .session = std::move(session),
                           .client = ClientId{"app-a"},
                           .onward = to_app_a,
                           .answer_yes = yes}};
}

}  // namespace

TEST(Decide, ends_the_session_of_a_valid_hint) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = a_session()}), ends);
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_cookie = a_session(), .by_sid = a_session()}), ends);
}

TEST(Decide, ends_a_session_that_ended_before_once_more_so_that_a_repeat_succeeds) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, does_not_mind_an_expired_hint) {
  const Provider provider = a_provider();
  Asked asked = with_hint(provider);
  asked.hint->expired = true;
  EXPECT_EQ(decision(provider, asked, {.by_sid = a_session()}), ends);
  EXPECT_EQ(decision(provider, asked, {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, takes_a_hint_without_sid_for_proof_where_the_cookie_agrees) {
  const Provider provider = a_provider();
  const Asked asked = with_hint(provider, std::nullopt);
  EXPECT_EQ(decision(provider, asked, {.by_cookie = a_session()}), ends);
  EXPECT_EQ(decision(provider, asked, {.by_cookie = ended(a_session())}), ends);
  EXPECT_EQ(decision(provider, asked, {.by_cookie = session_of("sid-1", "bob")}), asks);
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
  EXPECT_EQ(decision(provider, with_hint(provider, std::nullopt), {.by_cookie = session}), asks);
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
  const Found found{.by_cookie = session_of("sid-2", "alice"), .by_sid = a_session()};
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
                     {.by_cookie = ended(session_of("sid-2", "alice")), .by_sid = a_session()}),
            asks);
}

TEST(Decide, asks_without_a_hint) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {}, {.by_cookie = a_session()}), "ask about sid-1, nowhere");
  EXPECT_EQ(decision(provider, with_client_id(provider), {.by_cookie = a_session()}), asks);
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
            "already over, " + out_of_a + " state s");
}

TEST(Decide, lets_no_request_without_hint_select_a_session_but_by_cookie) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {}, {.by_sid = a_session(), .by_subject = {a_session()}}),
            "already over, nowhere");
}

TEST(Decide, succeeds_without_a_session) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_hint(provider), {}), "already over, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, {}, {}), "already over, nowhere");
  EXPECT_EQ(decision(provider, {}, {.by_cookie = ended(a_session())}), "already over, nowhere");
}

TEST(Decide, asks_before_it_follows_a_redirect_that_no_hint_vouches_for) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, with_client_id(provider), {}), "ask for app-a, " + out_of_a + " state s");
  Asked without_redirect = with_client_id(provider);
  without_redirect.redirect.reset();
  without_redirect.state.reset();
  EXPECT_EQ(decision(provider, without_redirect, {}), "already over, nowhere");
}

TEST(Decide, says_that_a_redirect_was_refused) {
  const Provider provider = a_provider();
  Asked asked = with_hint(provider);
  asked.redirect.reset();
  asked.state.reset();
  asked.bad_redirect = Refusal{Fault::redirect_not_registered};
  EXPECT_EQ(decision(provider, asked, {.by_sid = a_session()}),
            "end sid-1, nowhere refused redirect_not_registered");
  EXPECT_EQ(decision(provider, asked, {}), "already over, nowhere refused redirect_not_registered");
}

TEST(Decide, never_says_over_while_a_cookie_may_be_withheld) {
  const Provider provider = a_provider();
  EXPECT_EQ(decision(provider, {.cookie_withheld = true}, {}), "ask unseen, nowhere");
  Asked asked = with_hint(provider);
  asked.cookie_withheld = true;
  EXPECT_EQ(decision(provider, asked, {}), "ask for app-a unseen, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, asked, {.by_sid = a_session()}), ends);
}

TEST(Decide, ends_one_participation_where_the_scope_is_the_client) {
  Provider provider = a_provider();
  provider.scope = Scope::client;
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = a_session()}),
            "end sid-1 of app-a, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, with_client_id(provider), {.by_cookie = a_session()}),
            "ask about sid-1 for app-a alone, " + out_of_a + " state s");
  EXPECT_EQ(decision(provider, {}, {.by_cookie = a_session()}), "ask about sid-1, nowhere");
  EXPECT_EQ(decision(provider, with_hint(provider), {.by_sid = ended(a_session())}), ends);
}

TEST(Decide, seals_a_question_with_a_fresh_nonce_for_the_tickets_life) {
  Provider provider = a_provider();
  provider.ticket_life = Seconds{77};
  const auto decided = decide(provider, {}, {.by_cookie = a_session()}, a_moment());
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
  const Asked asked = answered(provider, SessionKey{"sid-1"});
  EXPECT_EQ(decision(provider, asked, {.by_key = a_session()}), ends);
  EXPECT_EQ(decision(provider, asked, {.by_cookie = a_session(), .by_key = a_session()}), ends);
  EXPECT_EQ(decision(provider, asked, {.by_key = ended(a_session())}), ends);
  EXPECT_EQ(
      decision(provider, asked, {.by_cookie = ended(session_of("sid-2", "alice")), .by_key = a_session()}),
      ends);
}

TEST(DecideAnswer, goes_onward_when_the_session_is_gone_or_there_was_none) {
  const Provider provider = a_provider();
  const std::string over = "already over, " + out_of_a + " state s";
  EXPECT_EQ(decision(provider, answered(provider, SessionKey{"sid-1"}), {}), over);
  EXPECT_EQ(decision(provider, answered(provider, std::nullopt), {}), over);
}

TEST(DecideAnswer, asks_again_when_the_browser_has_another_session_by_now) {
  const Provider provider = a_provider();
  const Found found{.by_cookie = session_of("sid-2", "bob"), .by_key = a_session()};
  const std::string again = "ask about sid-2 for app-a, " + out_of_a + " state s";
  EXPECT_EQ(decision(provider, answered(provider, SessionKey{"sid-1"}), found), again);
  EXPECT_EQ(decision(provider, answered(provider, std::nullopt), {.by_cookie = found.by_cookie}), again);
}

TEST(DecideAnswer, ends_the_session_that_the_question_could_not_see) {
  const Provider provider = a_provider();
  Asked asked = answered(provider, std::nullopt);
  asked.ticket->cookie_withheld = true;
  EXPECT_EQ(decision(provider, asked, {.by_cookie = a_session()}), ends + ", once");
  EXPECT_EQ(decision(provider, asked, {}), "already over, " + out_of_a + " state s");
}

TEST(DecideAnswer, shows_the_end_once_more_to_who_clicked_twice_on_a_question_that_saw_no_session) {
  const Provider provider = a_provider();
  Asked asked = answered(provider, std::nullopt);
  asked.ticket->cookie_withheld = true;
  EXPECT_EQ(decision(provider, asked, {.by_cookie = ended(a_session())}), ends + ", once");
}

TEST(DecideAnswer, ends_as_much_as_the_question_said) {
  const Provider provider = a_provider();
  Asked asked = answered(provider, SessionKey{"sid-1"});
  asked.ticket->one_client = true;
  EXPECT_EQ(decision(provider, asked, {.by_key = a_session()}),
            "end sid-1 of app-a, " + out_of_a + " state s, once");
  EXPECT_EQ(decision(provider, asked, {.by_key = ended(a_session())}), ends);
}

// A double click, F5 on the frame page, a retry after a lost answer, and after a store that failed in
// between.
TEST(DecideAnswer, may_be_given_again_where_it_names_the_session) {
  const Provider provider = a_provider();
  const Asked asked = answered(provider, SessionKey{"sid-1"});
  for (const Session& session : {a_session(), ended(a_session())}) {
    EXPECT_FALSE(std::get<End>(decide(provider, asked, {.by_key = session}, a_moment())).good_once);
  }
}

TEST(UsedTicket, repeats_what_has_happened) {
  const End of_session{.session = SessionKey{"sid-1"}, .onward = to_app_a, .good_once = true};
  EXPECT_EQ(repeat_of(of_session, ended(a_session())), of_session);
  EXPECT_EQ(repeat_of(of_session, std::nullopt), of_session);

  End of_client = of_session;
  of_client.only_client = ClientId{"app-a"};
  Session without = a_session();
  without.participants.erase(without.participants.begin());
  EXPECT_EQ(repeat_of(of_client, without), of_client);
  EXPECT_EQ(repeat_of(of_client, ended(a_session())), of_session) << "the whole session went since";
}

TEST(UsedTicket, ends_nothing_that_the_user_was_not_asked_about) {
  End end{.session = SessionKey{"sid-1"}, .onward = to_app_a, .good_once = true};
  EXPECT_EQ(repeat_of(end, a_session()), std::nullopt) << "a session of a later login";
  end.only_client = ClientId{"app-a"};
  EXPECT_EQ(repeat_of(end, a_session()), std::nullopt) << "a client that came back";
}

}  // namespace slo::decision_test
