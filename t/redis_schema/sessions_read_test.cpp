// SPDX-License-Identifier: BSD-2-Clause
// locate, load and the listings of sessions: bytes, then a server.
#include <gtest/gtest.h>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::sessions_read_test {

using std::literals::operator""s;
using Words = std::vector<std::vector<std::string>>;

const ClientId lesson_client = a_lesson().client;
const CookieDigest cookie{"0\0\r\n456789abcdef"s};
const CookieDigest other_cookie{"fedcba9876543210"};

TEST(Locate, asks_everything_that_the_question_names_in_one_trip) {
  const SessionQuestion question{
      .cookies = {cookie, other_cookie}, .sid = Sid{"s"}, .subject = Subject{"u"}, .key = SessionKey{"k"}};
  EXPECT_EQ(words_of(locate(test_space, question, std::nullopt)),
            (Words{{"HMGET", session_key(test_space, {"k"}), "t", "x", "d", "l", "u", "k", "e", "r"},
                   {"HMGET", session_key(test_space, {"s"}), "t", "x", "d", "l", "u", "k", "e", "r"},
                   {"GET", alias_key(test_space, {"s"})},
                   {"GET", cookie_key(test_space, cookie)},
                   {"GET", cookie_key(test_space, other_cookie)},
                   {"ZRANGE", subject_key(test_space, {"u"}), "0", "63", "REV"}}));
}

TEST(Locate, asks_nothing_for_an_empty_question) {
  const auto exchange = locate(test_space, {}, std::nullopt);
  EXPECT_TRUE(exchange.commands.empty());
  const auto located = read_bytes(exchange, "");
  ASSERT_TRUE(located);
  EXPECT_TRUE(located->is_complete());
  EXPECT_EQ(located->found, Found{});
}

const std::string no_session =
    "*9\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n";  // HMGET of what is not there

TEST(Locate, refuses_when_any_part_of_the_answer_is_an_error) {
  const auto exchange = locate(test_space, {.cookies = {cookie}, .key = SessionKey{"k"}}, lesson_client);
  EXPECT_EQ(read_bytes(exchange, no_session + "-NOPERM no\r\n").error(),
            (Refusal{Fault::store_refused, "NOPERM"}));
  EXPECT_EQ(read_bytes(exchange, no_session + ":1\r\n").error(),
            (Refusal{Fault::store_reply_unexpected, "GET"}));
  EXPECT_EQ(read_bytes(exchange, no_session).error(), (Refusal{Fault::store_reply_unexpected, "locate"}));
}

TEST(TakesPart, asks_for_two_fields) {
  EXPECT_EQ(words_of(takes_part(test_space, {"k"}, {"app-a"})),
            (Words{{"HMGET", session_key(test_space, {"k"}), ":app-a", "e"}}));
  EXPECT_EQ(words_of(takes_part(test_space, {"k"}, {std::string(64, 'c')}))[0][2],
            ":" + stored_client({std::string(64, 'c')}).value);
}

TEST(TakesPart, is_not_guessed) {
  EXPECT_EQ(read_bytes(takes_part(test_space, {"k"}, {"a"}), "-NOPERM no\r\n").error(),
            (Refusal{Fault::store_refused, "NOPERM"}));
  EXPECT_EQ(read_bytes(takes_part(test_space, {"k"}, {"a"}), "$5\r\nmaybe\r\n").error(),
            (Refusal{Fault::store_reply_unexpected, "HMGET"}));
}

class TakesPartOf : public StoreTest {};

TEST_F(TakesPartOf, a_session_until_the_client_leaves_or_the_session_is_over_or_lost) {
  const auto takes_part_now = [this] { return run(takes_part(test_space, {"sid-1"}, {"app-a"})); };
  EXPECT_FALSE(takes_part_now());
  run(register_participation(test_space, a_lesson("app-a")));
  EXPECT_TRUE(takes_part_now());
  run(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms()));
  EXPECT_FALSE(takes_part_now());
  run(register_participation(test_space, a_lesson("app-a")));
  EXPECT_TRUE(takes_part_now());
  run(end_session(test_space, {"sid-1"}, end_terms()));
  EXPECT_FALSE(takes_part_now()) << "what came later than its end is told of again";
  check_request({"FLUSHALL"});
  EXPECT_FALSE(takes_part_now());
}

class FindSession : public StoreTest {
 protected:
  void remember_all(const std::vector<std::string>& keys) {
    auto registration = a_lesson();
    for (const auto& key : keys) {
      registration.key = {key};
      run(register_participation(test_space, registration));
      registration.absolute += Seconds{60};  // the newest expiry first
    }
  }
  std::vector<std::string> keys_of(const std::vector<Session>& sessions) {
    std::vector<std::string> keys;
    for (const auto& session : sessions) keys.push_back(session.key.value);
    return keys;
  }
};

TEST_F(FindSession, needs_one_trip_where_cookie_sid_and_subject_agree) {
  auto registration = a_lesson();
  registration.cookie = cookie;
  run(register_participation(test_space, registration));
  const auto located = run(locate(
      test_space, {.cookies = {cookie}, .sid = Sid{"sid-1"}, .subject = Subject{"alice"}}, lesson_client));
  EXPECT_TRUE(located.is_complete());
  EXPECT_EQ(located.found,
            (Found{.by_cookie = {{cookie, session()}}, .by_sid = session(), .by_subject = {session()}}));
}

TEST_F(FindSession, loads_in_a_second_trip_what_only_the_cookie_and_the_subject_knew) {
  remember_all({"one", "two"});
  auto registration = a_lesson();
  registration.key = {"three"};
  registration.sub = {};
  registration.cookie = cookie;
  run(register_participation(test_space, registration));
  const auto located = run(locate(
      test_space, {.cookies = {cookie}, .sid = Sid{"one"}, .subject = Subject{"alice"}}, lesson_client));
  EXPECT_EQ(located.cookies, (std::vector<Located::Cookie>{{cookie, {"three"}}}));
  const auto found = run(load(test_space, located));
  EXPECT_EQ(found.by_cookie, (std::vector<FoundByCookie>{{cookie, session("three")}}));
  EXPECT_EQ(found.by_sid, session("one"));
  EXPECT_EQ(keys_of(found.by_subject), (std::vector<std::string>{"two", "one"}));
}

// `op_session=stale; op_session=right`, or two names.
TEST_F(FindSession, by_whichever_cookie_is_known) {
  auto registration = a_lesson();
  registration.cookie = cookie;
  run(register_participation(test_space, registration));
  const auto located = run(locate(test_space, {.cookies = {other_cookie, cookie}}, lesson_client));
  EXPECT_EQ(run(load(test_space, located)).by_cookie, (std::vector<FoundByCookie>{{cookie, session()}}));
  run(register_participation(test_space, [&] {
    auto second = a_lesson();
    second.key = {"sid-2"};
    second.cookie = other_cookie;
    return second;
  }()));
  const auto both = run(locate(test_space, {.cookies = {other_cookie, cookie}}, lesson_client));
  EXPECT_EQ(run(load(test_space, both)).by_cookie,
            (std::vector<FoundByCookie>{{other_cookie, session("sid-2")}, {cookie, session()}}));
}

TEST_F(FindSession, by_a_sid_that_only_one_client_knows) {
  auto registration = a_lesson();
  registration.client_sid = Sid{"own-sid"};
  registration.client_sub = Subject{"pairwise"};
  run(register_participation(test_space, registration));
  const auto located = run(locate(test_space, {.sid = Sid{"own-sid"}}, lesson_client));
  EXPECT_EQ(located.sid, SessionKey{"sid-1"});
  EXPECT_EQ(run(load(test_space, located)).by_sid, session());
  EXPECT_TRUE(run(locate(test_space, {.sid = Sid{"own-sid"}, .key = SessionKey{"sid-1"}}, lesson_client))
                  .is_complete());
  EXPECT_EQ(run(sessions_of(test_space, {"pairwise"}, 0, 10)), std::vector<SessionKey>{{"sid-1"}});
}

TEST_F(FindSession, shows_ended_ones_by_key_but_not_by_subject) {
  remember_all({"one", "two"});
  run(end_session(test_space, {"two"}, end_terms()));
  const auto located =
      run(locate(test_space, {.subject = Subject{"alice"}, .key = SessionKey{"two"}}, lesson_client));
  const auto found = run(load(test_space, located));
  ASSERT_TRUE(found.by_key);
  EXPECT_FALSE(found.by_key->is_live());
  EXPECT_EQ(keys_of(found.by_subject), (std::vector<std::string>{"one"}));
}

TEST_F(FindSession, shows_one_participation_of_many_under_its_whole_id) {
  const ClientId long_one{std::string(200, 'x')};
  for (const auto& client : {ClientId{"a"}, long_one, ClientId{"z"}}) {
    auto registration = a_lesson();
    registration.client = client;
    run(register_participation(test_space, registration));
  }
  for (const auto& client : {ClientId{"z"}, long_one}) {
    const auto found = run(locate(test_space, {.sid = Sid{"sid-1"}}, client)).found;
    ASSERT_TRUE(found.by_sid);
    ASSERT_EQ(found.by_sid->participants.size(), 1u);
    EXPECT_EQ(found.by_sid->participants[0].client, client);
  }
  auto nobodys = session();
  nobodys.participants.clear();
  for (const auto& about : {std::optional<ClientId>(), std::optional(ClientId{"stranger"})}) {
    EXPECT_EQ(run(locate(test_space, {.sid = Sid{"sid-1"}}, about)).found.by_sid, nobodys);
  }
}

TEST_F(FindSession, shows_sixteen_of_a_subject) {
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back("s" + std::to_string(i));
  remember_all(keys);
  const auto found =
      run(load(test_space, run(locate(test_space, {.subject = Subject{"alice"}}, lesson_client))));
  ASSERT_EQ(found.by_subject.size(), 16u);
  EXPECT_EQ(found.by_subject.front().key.value, "s19");
}

TEST_F(FindSession, finds_nothing_where_nothing_is) {
  const auto located = run(locate(
      test_space, {.cookies = {cookie}, .sid = Sid{"x"}, .subject = Subject{"y"}, .key = SessionKey{"z"}},
      lesson_client));
  EXPECT_TRUE(located.is_complete());
  EXPECT_EQ(located.found, Found{});
  EXPECT_EQ(run(session_of_cookie(test_space, cookie)), std::nullopt);
}

TEST_F(FindSession, lists_a_subject_page_by_page) {
  remember_all({"one", "two", "three"});
  EXPECT_EQ(run(sessions_of(test_space, {"alice"}, 0, 2)), (std::vector<SessionKey>{{"three"}, {"two"}}));
  EXPECT_EQ(run(sessions_of(test_space, {"alice"}, 2, 2)), (std::vector<SessionKey>{{"one"}}));
  const auto loaded = run(load_sessions(test_space, {{"one"}, {"gone"}}));
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0], session("one"));
  EXPECT_EQ(loaded[1], std::nullopt);
}

TEST_F(FindSession, of_a_cookie_that_moved_on_to_another_session_finds_the_newer) {
  auto registration = a_lesson();
  registration.cookie = cookie;
  log_in(registration);
  registration.key = {"sid-2"};
  log_in(registration);
  EXPECT_EQ(run(session_of_cookie(test_space, cookie)), SessionKey{"sid-2"});
}

TEST_F(FindSession, drops_expired_ones_from_the_list_of_their_subject) {
  remember_all({"one"});
  check_request({"ZADD", subject_key(test_space, {"alice"}), "1", "expired"});
  remember_all({"one"});
  EXPECT_EQ(run(sessions_of(test_space, {"alice"}, 0, 10)), (std::vector<SessionKey>{{"one"}}));
}

}  // namespace slo::redis::sessions_read_test
