// SPDX-License-Identifier: BSD-2-Clause
// remember and redeem against a server; ends are in sessions_end_test.cpp, pointers in pointers_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::sessions_write_test {

using std::literals::operator""s;

class Remember : public StoreTest {};

TEST_F(Remember, creates_a_session_with_its_first_client) {
  auto registration = a_lesson();
  registration.cookie = CookieDigest{
      "\0\1binary\n\r\x1f\377"
      "1234"s};
  registration.idle = Seconds{600};
  EXPECT_EQ(run(register_participation(test_space, registration)), Registered::new_session);
  const auto found = session();
  const Session expected{
      .key = {"sid-1"},
      .sub = {"alice"},
      .created = found.created,
      .absolute = Seconds{3600},
      .idle = Seconds{600},
      .cookie = registration.cookie,
      .participants = {{.client = {"app-a"}, .number = 1, .channels = {.back = true}}},
  };
  EXPECT_EQ(found, expected);
  EXPECT_EQ(counter("new"), 1);
}

TEST_F(Remember, knows_a_client_that_comes_again) {
  run(register_participation(test_space, a_lesson("app-a")));
  EXPECT_EQ(run(register_participation(test_space, a_lesson("app-b"))), Registered::new_client);
  EXPECT_EQ(run(register_participation(test_space, a_lesson("app-a"))), Registered::known);
  EXPECT_EQ(session().participants.size(), 2u);
}

TEST_F(Remember, fills_in_what_was_missing) {
  auto poor = a_lesson();
  poor.sub = {};
  poor.client_no_sid = true;
  run(register_participation(test_space, poor));
  auto rich = a_lesson();
  rich.channels = {.front = true};
  rich.cookie = CookieDigest{"0123456789abcdef"};
  rich.client_sub = Subject{"pairwise"};
  rich.client_sid = Sid{"own-sid"};
  EXPECT_EQ(run(register_participation(test_space, rich)), Registered::known);
  const auto found = session();
  EXPECT_EQ(found.sub, Subject{"alice"});
  EXPECT_EQ(found.cookie, rich.cookie);
  const Participant expected{.client = {"app-a"},
                             .number = 1,
                             .channels = {.back = true, .front = true},
                             .sub = Subject{"pairwise"},
                             .sid = Sid{"own-sid"}};
  EXPECT_EQ(found.participants, std::vector{expected});
}

TEST_F(Remember, never_drops_what_is_known_for_what_is_not) {
  auto rich = a_lesson();
  rich.cookie = CookieDigest{"0123456789abcdef"};
  rich.client_sub = Subject{"pairwise"};
  rich.client_sid = Sid{"own-sid"};
  run(register_participation(test_space, rich));
  const auto before = session();
  auto poor = a_lesson();
  poor.sub = {};
  poor.channels = {};
  poor.client_no_sid = true;
  EXPECT_EQ(run(register_participation(test_space, poor)), Registered::known);
  auto after = session();
  after.last_seen = before.last_seen;
  EXPECT_EQ(after, before);
}

TEST_F(Remember, keeps_the_sid_that_a_client_shares_with_the_session) {
  run(register_participation(test_space, a_lesson()));
  auto without = a_lesson();
  without.client_no_sid = true;
  run(register_participation(test_space, without));
  EXPECT_FALSE(session().participants.at(0).no_sid);
}

TEST_F(Remember, keeps_another_subject_that_signs_in_to_the_same_session_with_its_client) {
  run(register_participation(test_space, a_lesson("app-a")));
  auto other = a_lesson("app-b");
  other.sub = {"bob"};
  run(register_participation(test_space, other));
  const auto found = session();
  EXPECT_EQ(found.sub, Subject{"alice"});
  EXPECT_EQ(found.find({"app-a"})->sub, std::nullopt);
  EXPECT_EQ(found.find({"app-b"})->sub, Subject{"bob"});
}

TEST_F(Remember, gives_a_session_the_life_of_its_first_registration) {
  run(register_participation(test_space, a_lesson()));
  for (const auto absolute : {Seconds{7200}, Seconds{60}}) {
    for (const auto* client : {"app-a", "app-b"}) {
      auto other = a_lesson(client);
      other.absolute = absolute;
      run(register_participation(test_space, other));
      EXPECT_EQ(session().absolute, Seconds{3600}) << client;
    }
  }
}

TEST_F(Remember, learns_from_what_only_looks_like_a_repeat) {
  auto registration = a_lesson();
  registration.cookie = CookieDigest{"0123456789abcdef"};
  EXPECT_EQ(run(register_participation(test_space, registration, "me")), Registered::new_session);
  registration.cookie = CookieDigest{"fedcba9876543210"};
  EXPECT_EQ(run(register_participation(test_space, registration, "me")), Registered::new_session);
  EXPECT_EQ(session().cookie, registration.cookie);
}

TEST_F(Remember, counts_a_life_from_the_first_registration_however_often_it_is_repeated) {
  run(register_participation(test_space, a_lesson()));
  let_pass(Seconds{3000});
  EXPECT_EQ(run(register_participation(test_space, a_lesson())), Registered::known);
  EXPECT_EQ(run(register_participation(test_space, a_lesson("app-b"))), Registered::new_client);
  EXPECT_EQ(session().absolute, Seconds{3600});
  EXPECT_GE(session().last_seen, Seconds{3000});
  let_pass(Seconds{601});
  auto due = end_terms();
  due.only_if_due = true;
  EXPECT_TRUE(run(end_session(test_space, {"sid-1"}, due)));
  EXPECT_FALSE(session().is_live());
}

TEST_F(Remember, keeps_the_pointers_of_a_session_as_long_as_its_longest_login) {
  auto longer = a_lesson();
  longer.cookie = CookieDigest{"0123456789abcdef"};
  longer.absolute = Seconds{7200};
  run(register_participation(test_space, longer));
  auto shorter = longer;
  shorter.absolute = Seconds{60};
  run(register_participation(test_space, shorter));
  EXPECT_GT(number({"TTL", cookie_key(test_space, *longer.cookie)}), 7000);
  const auto index = subject_key(test_space, {"alice"});
  EXPECT_GT(number({"TTL", index}), 7000 + 86400);
  EXPECT_EQ(number({"ZSCORE", index, "sid-1"}), number({"EXPIRETIME", index}) - 86400);
}

TEST_F(Remember, refuses_one_client_more_than_a_session_may_have) {
  auto registration = a_lesson();
  for (unsigned i = 0; i < max_participants; ++i) {
    registration.client = {"client-" + std::to_string(i)};
    ASSERT_EQ(run(register_participation(test_space, registration)),
              i == 0 ? Registered::new_session : Registered::new_client);
  }
  EXPECT_EQ(run(register_participation(test_space, registration)), Registered::known);
  registration.client = {"one-more"};
  EXPECT_EQ(client().run(register_participation(test_space, registration)).error(),
            (Refusal{Fault::session_full}));
  const auto ended = run(end_session(test_space, registration.key, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(session().participants.size(), max_participants);
  EXPECT_EQ(client().run(register_participation(test_space, registration)).error(),
            (Refusal{Fault::session_full}));
}

TEST_F(Remember, gives_the_place_of_a_client_that_left_to_another) {
  auto registration = a_lesson();
  for (unsigned i = 0; i < max_participants; ++i) {
    registration.client = {"client-" + std::to_string(i)};
    run(register_participation(test_space, registration));
  }
  auto terms = end_terms();
  terms.caller = "somebody";
  ASSERT_TRUE(run(end_participation(test_space, registration.key, registration.client, terms)));
  registration.client = {"one-more"};
  EXPECT_EQ(run(register_participation(test_space, registration)), Registered::new_client);
  registration.client = {"too-many"};
  EXPECT_EQ(client().run(register_participation(test_space, registration)).error(),
            (Refusal{Fault::session_full}));
}

TEST_F(Remember, stays_in_the_small_encoding_also_with_long_client_ids) {
  for (int i = 0; i < 30; ++i) {
    auto registration = a_lesson(std::string(100, 'c') + std::to_string(i));
    registration.client_sub = Subject{"3f2b7c9e-0f4d-4c52-8a51-1d2a5c9f7e11"};
    registration.cookie = CookieDigest{"0123456789abcdef"};
    run(register_participation(test_space, registration));
  }
  EXPECT_EQ(text({"OBJECT", "ENCODING", session_key(test_space, {"sid-1"})}), "listpack");
  EXPECT_EQ(text({"OBJECT", "ENCODING", subject_key(test_space, {"alice"})}), "listpack");
}

class Redeem : public StoreTest {};

TEST_F(Redeem, is_granted_once) {
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-1")));
  EXPECT_FALSE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-2")));
  EXPECT_TRUE(run(redeem(test_space, "nonce-2", Seconds{300}, "logout-2")));
  EXPECT_GT(number({"TTL", ticket_key(test_space, "nonce-1")}), 290);
}

TEST_F(Redeem, is_granted_again_to_who_did_not_hear_that_it_was) {
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-1")));
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-1")));
  EXPECT_FALSE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-2")));
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout-1")));
}

}  // namespace slo::redis::sessions_write_test
