// SPDX-License-Identifier: BSD-2-Clause
// end and leave against a server.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::sessions_end_test {

using std::literals::operator""s;

class End : public StoreTest {};

TEST_F(End, finds_nothing_to_end) {
  EXPECT_EQ(run(end_session(test_space, {"sid-1"}, end_terms())), std::nullopt);
}

TEST_F(End, hands_out_the_deliveries_leased) {
  run(register_participation(test_space, a_lesson("app-a")));
  auto front = a_lesson("app-b");
  front.channels = {.front = true};
  run(register_participation(test_space, front));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  const auto& found = ended->ending.session;
  EXPECT_EQ(found, session()) << "what end returns is what stays behind";
  EXPECT_EQ(found.reason, "rp");
  EXPECT_FALSE(found.is_live());
  ASSERT_EQ(ended->owed.deliveries.size(), 1u);
  EXPECT_TRUE(claim_all().empty()) << "nobody else may have it before the lease runs out";
  let_leases_run_out();
  auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].token, 2u);
  claimed[0].token = 1;
  EXPECT_EQ(claimed, ended->owed.deliveries) << "the record says what the caller was told";
}

TEST_F(End, just_queues_the_deliveries_without_a_lease) {
  run(register_participation(test_space, a_lesson()));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms()));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->owed.deliveries.empty());
  const auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].token, 1u);
}

TEST_F(End, owes_nobody_anything_where_others_tell_them) {
  run(register_participation(test_space, a_lesson("app-a")));
  for (unsigned i = 0; i <= max_unbundled; ++i) {
    auto lesson = a_lesson("app-" + std::to_string(i));
    lesson.key = {"sid-2"};
    run(register_participation(test_space, lesson));
  }
  auto terms = end_terms();
  terms.are_told = true;
  terms.caller = "one";
  for (const auto* sid : {"sid-1", "sid-2"}) {
    const auto ended = run(end_session(test_space, {sid}, terms));
    ASSERT_TRUE(ended) << sid;
    EXPECT_FALSE(ended->ending.session.is_live());
    EXPECT_TRUE(run(end_session(test_space, {sid}, terms))) << "its caller asks again";
    EXPECT_TRUE(run(end_session(test_space, {sid}, end_terms()))->ending.already);
    EXPECT_GT(number({"TTL", session_key(test_space, {sid})}), 0) << "its tombstone goes in time";
  }
  let_leases_run_out();
  EXPECT_TRUE(claim_all().empty());
}

TEST_F(End, answers_its_caller_the_same_again_if_the_first_answer_was_lost) {
  run(register_participation(test_space, a_lesson("app-a")));
  run(register_participation(test_space, a_lesson("app-b")));
  auto terms = end_terms(Millis{60'000});
  terms.caller = "one";
  const auto lost = run(end_session(test_space, {"sid-1"}, terms));
  const auto again = run(end_session(test_space, {"sid-1"}, terms));
  ASSERT_TRUE(lost && again && lost->owed.deliveries.size() == 2);
  EXPECT_FALSE(again->ending.already);
  EXPECT_EQ(again->ending.session, lost->ending.session);
  EXPECT_EQ(again->owed.deliveries, lost->owed.deliveries);
  EXPECT_EQ(counter("enq"), 2) << "owed once";
  EXPECT_EQ(counter("end:rp"), 1);
  for (const auto& delivery : again->owed.deliveries) {
    EXPECT_EQ(settle_with(delivery, Delivered{}), Settled::delivered) << "the lease is still the caller's";
  }
}

TEST_F(End, tells_anybody_else_that_it_is_over) {
  run(register_participation(test_space, a_lesson()));
  auto terms = end_terms(Millis{60'000});
  terms.caller = "one";
  run(end_session(test_space, {"sid-1"}, terms));
  for (const std::string caller : {"two", "on", ""}) {
    terms.caller = caller;
    const auto other = run(end_session(test_space, {"sid-1"}, terms));
    ASSERT_TRUE(other);
    EXPECT_TRUE(other->ending.already);
    EXPECT_TRUE(other->owed.deliveries.empty());
  }
}

TEST_F(End, tells_its_caller_that_it_is_over_once_the_lease_is) {
  run(register_participation(test_space, a_lesson()));
  auto terms = end_terms(Millis{50});
  terms.caller = "one";
  ASSERT_EQ(run(end_session(test_space, {"sid-1"}, terms))->owed.deliveries.size(), 1u);
  std::this_thread::sleep_for(Millis{60});  // the server's clock cannot be set
  const auto again = run(end_session(test_space, {"sid-1"}, terms));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->ending.already);
  EXPECT_TRUE(again->owed.deliveries.empty()) << "they are whoever's who claims them";
}

TEST_F(End, gives_each_client_the_names_that_it_knows) {
  run(register_participation(test_space, a_lesson("common")));
  sign_in_with_names_of_their_own();
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended && ended->owed.deliveries.size() == 3);
  let_leases_run_out();
  auto claimed = claim_all();
  for (const auto& told : {ended->owed.deliveries, claimed}) {
    ASSERT_EQ(told.size(), 3u);
    for (const auto& delivery : told) {
      if (delivery.client.value == "common") {
        EXPECT_EQ(delivery.sub, Subject{"alice"});
        EXPECT_EQ(delivery.sid, Sid{"sid-1"});
      } else if (delivery.client.value == "own") {
        EXPECT_EQ(delivery.sub, Subject{"pairwise"});
        EXPECT_EQ(delivery.sid, Sid{"own-sid"});
      } else {
        EXPECT_EQ(delivery.sub, Subject{"alice"});
        EXPECT_EQ(delivery.sid, std::nullopt);
      }
    }
  }
}

TEST_F(End, tells_no_sid_where_the_provider_issues_none) {
  auto registration = a_lesson();
  registration.cookie = CookieDigest{"\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7"s};
  registration.key = mint_key(*registration.cookie);
  EXPECT_TRUE(is_minted(registration.key));
  run(register_participation(test_space, registration));
  EXPECT_EQ(run(session_of_cookie(test_space, *registration.cookie)), registration.key);
  const auto ended = run(end_session(test_space, registration.key, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended && ended->owed.deliveries.size() == 1);
  EXPECT_EQ(ended->owed.deliveries[0].sid, std::nullopt);
  let_leases_run_out(registration.key.value);
  const auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].sid, std::nullopt);
}

TEST_F(End, leaves_a_session_alone_that_was_seen_since) {
  auto registration = a_lesson();
  registration.idle = Seconds{100};
  run(register_participation(test_space, registration));
  let_pass(Seconds{150});
  run(register_participation(test_space, registration));
  EXPECT_EQ(run(claim_due(test_space, partition_of("sid-1"), 10, Seconds{60})),
            std::vector<SessionKey>{{"sid-1"}});
  auto terms = end_terms();
  terms.only_if_due = true;
  EXPECT_EQ(run(end_session(test_space, {"sid-1"}, terms)), std::nullopt);
  EXPECT_TRUE(session().is_live());
  const auto due = number({"ZSCORE", expiry_key(test_space, partition_of("sid-1")), "sid-1"});
  EXPECT_EQ(due, session().created.time_since_epoch().count() + session().last_seen.count() + 100);
  let_pass(Seconds{101});
  EXPECT_TRUE(run(end_session(test_space, {"sid-1"}, terms)));
}

TEST_F(End, writes_the_session_into_the_feed) {
  run(register_participation(test_space, a_lesson()));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  const auto feed = check_request({"XRANGE", feed_key(test_space, partition_of("sid-1")), "-", "+"});
  const Reply entries(feed.get());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0][1][0].text(), "s");
  EXPECT_EQ(entries[0][1][1].text(), "sid-1");
}

TEST_F(End, is_done_whole_whatever_it_is_told_to_remember) {
  run(register_participation(test_space, a_lesson()));
  auto terms = end_terms();
  terms.tombstone = std::chrono::days{21'900};  // longer than there has been time since 1970
  const auto ended = run(end_session(test_space, {"sid-1"}, terms));
  ASSERT_TRUE(ended);
  EXPECT_EQ(claim_all().size(), 1u);
  const auto feed = check_request({"XRANGE", feed_key(test_space, partition_of("sid-1")), "-", "+"});
  EXPECT_EQ(Reply(feed.get()).size(), 1u);
}

class Leave : public StoreTest {};

TEST_F(Leave, ends_one_participation_and_leaves_the_session_alive) {
  run(register_participation(test_space, a_lesson("app-a")));
  run(register_participation(test_space, a_lesson("app-b")));
  const auto left = run(end_participation(test_space, {"sid-1"}, {"app-b"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(left);
  EXPECT_EQ(left->ending.session.participants.size(), 1u);
  EXPECT_TRUE(left->ending.session.is_live());
  ASSERT_EQ(left->owed.deliveries.size(), 1u);
  EXPECT_EQ(left->owed.deliveries[0].client, ClientId{"app-b"});
  EXPECT_EQ(session().find({"app-b"}), nullptr);
  EXPECT_NE(session().find({"app-a"}), nullptr);
  let_leases_run_out();
  auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 1u);
  claimed[0].token = 1;
  EXPECT_EQ(claimed, left->owed.deliveries);
}

TEST_F(Leave, owes_a_logout_for_each_time_that_a_client_joined_within_one_second) {
  std::vector<Delivery> all;
  for (int i = 0; i < 3; ++i) {
    run(register_participation(test_space, a_lesson("app-a")));
    run(register_participation(test_space, a_lesson("app-a")));  // known
    run(register_participation(test_space, a_lesson("app-b")));
    for (const auto* client : {"app-a", "app-b"}) {
      const auto left = run(end_participation(test_space, {"sid-1"}, {client}, end_terms(Millis{60'000})));
      all.push_back(left->owed.deliveries.at(0));
    }
  }
  run(register_participation(test_space, a_lesson("app-a")));
  all.push_back(run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.deliveries.at(0));
  EXPECT_EQ(run(read_backlog(test_space)).pending, 7);
  for (const auto& delivery : all) EXPECT_EQ(settle_with(delivery, Delivered{}), Settled::delivered);
  EXPECT_EQ(counter("ok"), 7);
}

TEST_F(Leave, takes_nothing_from_a_client_that_is_back_when_it_is_repeated) {
  auto terms = end_terms(Millis{60'000});
  terms.caller = "me";
  run(register_participation(test_space, a_lesson("app-a")));
  const auto left = run(end_participation(test_space, {"sid-1"}, {"app-a"}, terms));
  run(register_participation(test_space, a_lesson("app-a")));
  EXPECT_EQ(run(end_participation(test_space, {"sid-1"}, {"app-a"}, terms))->owed.deliveries,
            left->owed.deliveries);
  EXPECT_NE(session().find({"app-a"}), nullptr);
  EXPECT_EQ(run(end_participation(test_space, {"sid-1"}, {"stranger"}, terms)), std::nullopt);
  terms.caller = "other";
  EXPECT_NE(run(end_participation(test_space, {"sid-1"}, {"app-a"}, terms)), std::nullopt);
  EXPECT_EQ(session().find({"app-a"}), nullptr);
}

TEST_F(Leave, finds_no_participation_in_an_ended_session_or_of_a_stranger) {
  run(register_participation(test_space, a_lesson("app-a")));
  EXPECT_EQ(run(end_participation(test_space, {"sid-1"}, {"stranger"}, end_terms())), std::nullopt);
  run(end_session(test_space, {"sid-1"}, end_terms()));
  EXPECT_EQ(run(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms())), std::nullopt);
}

TEST_F(Leave, answers_its_caller_the_same_again_if_the_first_answer_was_lost) {
  auto registration = a_lesson("app-b");
  registration.client_sub = Subject{"pair wise"};
  run(register_participation(test_space, a_lesson("app-a")));
  run(register_participation(test_space, registration));
  auto terms = end_terms(Millis{60'000});
  terms.caller = "one";
  const auto lost = run(end_participation(test_space, {"sid-1"}, {"app-b"}, terms));
  const auto again = run(end_participation(test_space, {"sid-1"}, {"app-b"}, terms));
  ASSERT_TRUE(lost && again && lost->owed.deliveries.size() == 1);
  EXPECT_EQ(again->ending.session, lost->ending.session);
  EXPECT_EQ(again->owed.deliveries, lost->owed.deliveries);
  EXPECT_EQ(counter("left"), 1);
  terms.caller = "two";
  EXPECT_EQ(run(end_participation(test_space, {"sid-1"}, {"app-b"}, terms)), std::nullopt);
}

TEST_F(Leave, owes_a_client_that_came_back_a_logout_of_its_own) {
  run(register_participation(test_space, a_lesson("app-a")));
  const auto left = run(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms(Millis{60'000})));
  std::this_thread::sleep_for(
      Millis{1100});  // the server's clock cannot be set, and joins are told apart by seconds
  run(register_participation(test_space, a_lesson("app-a")));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(left && ended && left->owed.deliveries.size() == 1 && ended->owed.deliveries.size() == 1);
  let_leases_run_out();
  EXPECT_EQ(claim_all().size(), 2u);
}

TEST_F(Leave, finds_a_client_by_its_long_id) {
  const ClientId id{std::string(200, 'x')};
  run(register_participation(test_space, a_lesson(id.value)));
  const auto left = run(end_participation(test_space, {"sid-1"}, id, end_terms(Millis{60'000})));
  ASSERT_TRUE(left && left->owed.deliveries.size() == 1);
  EXPECT_EQ(left->owed.deliveries[0].client, stored_client(id));
}

}  // namespace slo::redis::sessions_end_test
