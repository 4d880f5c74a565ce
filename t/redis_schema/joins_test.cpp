// SPDX-License-Identifier: BSD-2-Clause
// Each time that a client joins a session it is owed a logout of its own, however fast it comes and goes, and
// whatever becomes of the session's hash meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "redis_schema/deliveries.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::joins_test {

std::string app(unsigned i) { return "app-" + std::to_string(i); }

std::multiset<std::string> apps(unsigned upto) {
  std::multiset<std::string> all;
  for (unsigned i = 0; i < upto; ++i) all.insert(app(i));
  return all;
}

class Joins : public StoreTest {
 protected:
  void TearDown() override {
    if (server()) check_request({"CONFIG", "SET", "hash-max-listpack-entries", "512"});
  }
  Registered join(const std::string& name, const std::string& caller = {}) {
    return run(register_participation(test_space, a_lesson(name), caller)).registered;
  }
  void join_all(unsigned upto) {
    for (unsigned i = 0; i < upto; ++i) join(app(i));
  }
  Delivery leave(const std::string& name) {
    const auto left = run(end_participation(test_space, {"sid-1"}, {name}, end_terms(Millis{60'000})));
    EXPECT_TRUE(left && left->owed.deliveries.size() == 1) << name;
    return left && !left->owed.deliveries.empty() ? left->owed.deliveries[0] : Delivery{};
  }
  Ended end(Millis lease = Millis{60'000}, const std::string& caller = {}) {
    auto terms = end_terms(lease);
    terms.caller = caller;
    return run(end_session(test_space, {"sid-1"}, terms)).value_or(Ended{});
  }
  Bundle end_bundled(unsigned upto) {
    join_all(upto);
    const auto ended = end();
    EXPECT_EQ(ended.owed.bundles.size(), 1u);
    return ended.owed.bundles.empty() ? Bundle{} : ended.owed.bundles[0];
  }
  std::multiset<std::string> draw(Bundle& bundle, unsigned count) {
    const auto drawn = run(unbundle(test_space, bundle, {Millis{60'000}, count, Seconds{600}}));
    std::multiset<std::string> clients;
    for (const auto& delivery : drawn ? drawn->deliveries : std::vector<Delivery>{})
      clients.insert(delivery.client.value);
    bundle.place = drawn ? drawn->place : "";
    return clients;
  }
  std::multiset<std::string> draw_all(Bundle& bundle, unsigned count = 64) {
    std::multiset<std::string> clients;
    while (!bundle.place.empty()) clients.merge(draw(bundle, count));
    return clients;
  }
  std::string encoding() { return text({"OBJECT", "ENCODING", session_key(test_space, {"sid-1"})}); }
  long long pending() { return run(read_backlog(test_space)).pending; }
};

TEST_F(Joins, of_who_left_and_came_back_in_a_large_session_are_told_by_its_bundle) {
  for (const unsigned cycles : {1u, 3u, 10u}) {
    check_request({"FLUSHALL"});
    join_all(39);
    for (unsigned i = 0; i < cycles; ++i) {
      EXPECT_EQ(settle_with(leave("app-5"), Delivered{}), Settled::delivered);
      EXPECT_EQ(join("app-5"), Registered::new_client);
    }
    EXPECT_EQ(join("app-39"), Registered::new_client);
    EXPECT_EQ(join("app-7"), Registered::known);
    auto bundle = end().owed.bundles.at(0);
    EXPECT_EQ(draw_all(bundle), apps(40)) << cycles;
    EXPECT_EQ(counter("enq"), 40 + cycles);
  }
}

TEST_F(Joins, after_the_end_owe_another_logout_than_that_of_leaving) {
  join("app-a");
  join("app-b");
  const auto of_leaving = leave("app-a");
  const auto of_the_end = end().owed.deliveries;
  EXPECT_EQ(of_the_end.size(), 1u);
  EXPECT_EQ(join("app-a"), Registered::too_late);
  EXPECT_EQ(pending(), 3);
  EXPECT_EQ(settle_with(of_leaving, Delivered{}), Settled::delivered);
  EXPECT_EQ(pending(), 2);
  const auto late = claim_all();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].client, ClientId{"app-a"});
  EXPECT_NE(late[0].id, of_leaving.id);
}

TEST_F(Joins, after_the_end_stay_owed_when_the_dead_letter_of_leaving_is_dropped) {
  join("app-a");
  join("app-b");
  const auto of_leaving = leave("app-a");
  EXPECT_EQ(settle_with(of_leaving, Abandon{"400"}), Settled::dead);
  end();
  EXPECT_EQ(join("app-a"), Registered::too_late);
  EXPECT_TRUE(run(drop(test_space, of_leaving.id)));
  const auto late = claim_all();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].reason, "late");
}

TEST_F(Joins, are_told_apart_over_two_lives_of_one_session_key) {
  join("app-a");
  end();
  check_request({"PEXPIRE", session_key(test_space, {"sid-1"}), "50"});
  join("app-b");
  EXPECT_GT(number({"PTTL", session_key(test_space, {"sid-1"})}), 900)
      << "the next life begins in a later second than that in which anybody joined this one";
}

TEST_F(Joins, keep_their_time_however_often_they_are_repeated) {
  join("app-a");
  let_pass(Seconds{100});
  EXPECT_EQ(join("app-a"), Registered::known);
  EXPECT_EQ(session().participants.at(0).joined, Seconds{0});
  EXPECT_GE(session().last_seen, Seconds{100});
}

class LateJoins : public Joins {
 protected:
  std::vector<Delivery> claim_late() {
    let_leases_run_out();
    return claim_all();
  }
  void end_and_deliver() {
    join("app-a");
    for (const auto& delivery : end().owed.deliveries)
      EXPECT_EQ(settle_with(delivery, Delivered{}), Settled::delivered);
  }
};

TEST_F(LateJoins, of_who_was_told_already_are_told_again) {
  end_and_deliver();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(join("app-a"), Registered::too_late);
    const auto owed = claim_late();
    ASSERT_EQ(owed.size(), 1u);
    EXPECT_EQ(owed[0].client, ClientId{"app-a"});
    EXPECT_EQ(owed[0].reason, "late");
    EXPECT_EQ(settle_with(owed[0], Delivered{}), Settled::delivered);
  }
  EXPECT_EQ(counter("late"), 3);
  EXPECT_EQ(session().participants.size(), 1u);
}

TEST_F(LateJoins, of_who_was_told_already_are_told_a_second_later) {
  end_and_deliver();
  join("app-a");
  const auto queue =
      check_request({"ZRANGE", queue_key(test_space, partition_of("sid-1")), "0", "-1", "WITHSCORES"});
  const auto due = Reply(queue.get())[1].integer().value_or(0);
  const auto owed = claim_late();
  ASSERT_EQ(owed.size(), 1u);
  EXPECT_EQ(due, owed[0].enqueued.time_since_epoch().count() + 1000);
}

TEST_F(LateJoins, of_who_is_being_told_are_told_once_more) {
  join("app-a");
  const auto under_way = end().owed.deliveries.at(0);
  EXPECT_EQ(join("app-a"), Registered::too_late);
  EXPECT_EQ(settle_with(under_way, Delivered{}), Settled::delivered);
  EXPECT_EQ(claim_late().size(), 1u);
}

TEST_F(LateJoins, are_owed_nothing_where_a_logout_is_still_to_come) {
  join("app-a");
  end(Millis{0});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(join("app-a"), Registered::too_late_known);
  EXPECT_EQ(pending(), 1) << "nobody has taken it up";
  EXPECT_EQ(settle_with(claim_all().at(0), RetryAt{Millis{50'000}, "503"}), Settled::rescheduled);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(join("app-a"), Registered::too_late_known);
  EXPECT_EQ(pending(), 1) << "it waits for its next attempt";
  let_leases_run_out();
  settle_with(claim_all().at(0), Abandon{"404"});
  EXPECT_EQ(join("app-a"), Registered::too_late) << "a dead letter tells nobody";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(join("app-a"), Registered::too_late_known);
  EXPECT_EQ(pending(), 1);
}

TEST_F(LateJoins, are_owed_once_to_a_caller_that_asks_again) {
  end_and_deliver();
  EXPECT_EQ(join("app-a", "me"), Registered::too_late);
  EXPECT_EQ(claim_late().size(), 1u) << "and under way";
  EXPECT_EQ(join("app-a", "me"), Registered::too_late);
  EXPECT_EQ(pending(), 1);
  EXPECT_EQ(join("app-a", "other"), Registered::too_late);
  EXPECT_EQ(pending(), 2);
  EXPECT_EQ(join("app-a", "third"), Registered::too_late_known) << "that of the other is to come";
  EXPECT_EQ(claim_late().size(), 2u) << "that whose lease ran out, too";
  EXPECT_EQ(join("app-a", "third"), Registered::too_late_known);
  EXPECT_EQ(pending(), 2);
}

TEST_F(LateJoins, under_other_names_are_told_by_these) {
  join("app-a");
  end(Millis{0});
  auto other = a_lesson("app-a");
  other.client_sid = Sid{"own-sid"};
  EXPECT_EQ(run(register_participation(test_space, other)), Registered::too_late);
  EXPECT_EQ(run(register_participation(test_space, other)), Registered::too_late_known);
  std::set<std::string> sids;
  let_leases_run_out();
  for (const auto& delivery : claim_all()) sids.insert(delivery.sid.value_or(Sid{"none"}).value);
  EXPECT_EQ(sids, (std::set<std::string>{"own-sid", "sid-1"}));
}

TEST_F(LateJoins, take_nobody_out_of_the_bundle_that_has_not_come_to_him) {
  auto bundle = end_bundled(40);
  auto told = draw(bundle, 4);
  EXPECT_EQ(told.size(), 4u);
  EXPECT_EQ(join("app-20"), Registered::too_late);
  EXPECT_EQ(join("late"), Registered::too_late);
  told.merge(draw_all(bundle));
  EXPECT_EQ(told, apps(40));
  let_leases_run_out();
  std::set<std::string> late;
  for (const auto& delivery : claim_owed().deliveries)
    if (delivery.reason == "late") late.insert(delivery.client.value);
  EXPECT_EQ(late, (std::set<std::string>{"app-20", "late"}));
}

TEST_F(LateJoins, are_not_handed_to_who_ended_the_session_and_asks_again) {
  join_all(30);
  const auto lost = end(Millis{60'000}, "me");
  EXPECT_EQ(lost.owed.deliveries.size(), 30u);
  for (int i = 30; i < 50; ++i) EXPECT_EQ(join(app(static_cast<unsigned>(i))), Registered::too_late);
  const auto again = end(Millis{60'000}, "me");
  EXPECT_EQ(again.owed.deliveries, lost.owed.deliveries);
  EXPECT_EQ(again.owed.bundles, std::vector<Bundle>{});
}

class Draws : public Joins {};

TEST_F(Draws, skip_nobody_when_a_late_client_changes_the_encoding) {
  for (const unsigned most : {51u, 56u, 62u}) {
    check_request({"FLUSHALL"});
    check_request({"CONFIG", "SET", "hash-max-listpack-entries", std::to_string(most)});
    auto bundle = end_bundled(40);
    EXPECT_EQ(encoding(), "listpack");
    auto told = draw(bundle, 20);
    for (unsigned i = 0; encoding() == "listpack"; ++i) join("late-" + std::to_string(i));
    told.merge(draw_all(bundle));
    EXPECT_EQ(told, apps(40)) << most;
  }
}

TEST_F(Draws, skip_nobody_when_another_server_takes_over) {
  const auto heir = PrivateRedis::start();
  ASSERT_NE(heir, nullptr);
  auto bundle = end_bundled(600);
  EXPECT_EQ(encoding(), "hashtable");
  auto told = draw(bundle, 64);
  RedisClient successor(heir->socket_path());
  const auto keys = check_request({"KEYS", "*"});
  for (std::size_t i = 0; i < Reply(keys.get()).size(); ++i) {
    const std::string key(*Reply(keys.get())[i].text());
    successor.say({"RESTORE", key, "0", text({"DUMP", key})});
  }
  while (!bundle.place.empty()) {
    const auto drawn = successor.run(unbundle(test_space, bundle, {Millis{60'000}, 64, Seconds{600}}));
    ASSERT_TRUE(drawn && *drawn);
    for (const auto& delivery : (*drawn)->deliveries) told.insert(delivery.client.value);
    bundle.place = (*drawn)->place;
  }
  EXPECT_EQ(told, apps(600));
}

}  // namespace slo::redis::joins_test
