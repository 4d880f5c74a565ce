// SPDX-License-Identifier: BSD-2-Clause
// The promises of the schema (I1 to I9), kept by the scripts together.
#include <gtest/gtest.h>

#include <set>

#include "redis_schema/bound_cookies.h"
#include "redis_schema/marks.h"
#include "redis_schema/partition_ids.h"
#include "redis_schema/schema.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::scripts_test {

class Invariant : public StoreTest {
 protected:
  bool is_indexed(const std::string& key) {
    const auto score = check_request({"ZSCORE", expiry_key(test_space, partition_of(key)), key});
    return !Reply(score.get()).is_nil();
  }
  // Where a delivery is: of queue, records, tokens, dead letters, their records.
  std::vector<long long> places() {
    const auto p = partition_of("sid-1");
    return {number({"ZCARD", queue_key(test_space, p)}), number({"HLEN", records_key(test_space, p)}),
            number({"HLEN", tokens_key(test_space, p)}), number({"ZCARD", dead_key(test_space, p)}),
            number({"HLEN", dead_records_key(test_space, p)})};
  }
  using Places = std::vector<long long>;
};

TEST_F(Invariant, I1_a_session_is_due_some_time_exactly_while_it_lives) {
  EXPECT_FALSE(is_indexed("sid-1"));
  run(register_participation(test_space, a_lesson()));
  EXPECT_TRUE(is_indexed("sid-1"));
  run(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms()));
  EXPECT_TRUE(is_indexed("sid-1"));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  EXPECT_FALSE(is_indexed("sid-1"));
  run(register_participation(test_space, a_lesson("late")));
  EXPECT_FALSE(is_indexed("sid-1"));
}

TEST_F(Invariant, I1_a_due_session_without_a_hash_leaves_the_index) {
  check_request({"ZADD", expiry_key(test_space, partition_of("ghost")), "1", "ghost"});
  auto terms = end_terms();
  terms.only_if_due = true;
  const auto due = run(claim_due(test_space, partition_of("ghost"), 10, Seconds{60}));
  EXPECT_EQ(due, std::vector<SessionKey>{{"ghost"}});
  EXPECT_EQ(run(end_session(test_space, {"ghost"}, terms)), std::nullopt);
  EXPECT_FALSE(is_indexed("ghost"));
}

TEST_F(Invariant, I1_a_due_session_is_leased_to_one_and_comes_back_if_that_one_dies) {
  run(register_participation(test_space, a_lesson()));
  const auto p = partition_of("sid-1");
  EXPECT_TRUE(run(claim_due(test_space, p, 10, Seconds{60})).empty()) << "not due yet";
  let_pass(Seconds{3601});
  EXPECT_EQ(run(claim_due(test_space, p, 10, Seconds{60})).size(), 1u);
  EXPECT_TRUE(run(claim_due(test_space, p, 10, Seconds{60})).empty()) << "leased";
  check_request({"ZINCRBY", expiry_key(test_space, p), "-61", "sid-1"});
  EXPECT_EQ(run(claim_due(test_space, p, 10, Seconds{60})).size(), 1u);
}

TEST_F(Invariant, I2_a_participation_is_owed_one_logout_however_many_race_to_end_it) {
  RedisClient other(server()->socket_path());
  constexpr int races = 50;
  for (int i = 0; i < races; ++i) {
    auto registration = a_lesson();
    registration.key = {"race-" + std::to_string(i)};
    run(register_participation(test_space, registration));
  }
  run(end_session(test_space, {"nobody"}, end_terms()));  // loads the script: both sides use its digest
  std::vector<Exchange<std::optional<Ended>>> ends;
  for (int i = 0; i < races; ++i) {
    ends.push_back(end_session(test_space, {"race-" + std::to_string(i)}, end_terms(Millis{60'000})));
    (i % 2 ? client() : other).send(ends.back().commands[0]);
    (i % 2 ? other : client()).send(ends.back().commands[0]);
  }
  std::multiset<std::string> leased;
  for (const auto& end : ends) {
    for (auto* side : {&client(), &other}) {
      const auto reply = side->on_reply();
      const Reply view(reply.get());
      const auto ended = end.read(std::span(&view, 1));
      ASSERT_TRUE(ended && *ended);
      EXPECT_EQ((*ended)->ending.already, (*ended)->owed.deliveries.empty());
      for (const auto& delivery : (*ended)->owed.deliveries) leased.insert(delivery.session.value);
    }
  }
  EXPECT_EQ(leased.size(), static_cast<std::size_t>(races));
  EXPECT_EQ((std::set<std::string>(leased.begin(), leased.end()).size()), leased.size());
  EXPECT_EQ(run(read_backlog(test_space)).pending, races);
  EXPECT_EQ(counter("enq"), races);
}

TEST_F(Invariant, I2_a_delivery_that_was_received_is_not_enqueued_again) {
  run(register_participation(test_space, a_lesson()));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  EXPECT_EQ(settle_with(ended->owed.deliveries.at(0), Delivered{}), Settled::delivered);
  const auto again = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  EXPECT_TRUE(again && again->ending.already && again->owed.deliveries.empty());
  EXPECT_EQ(places(), (Places{0, 0, 0, 0, 0}));
}

TEST_F(Invariant, I3_a_session_is_listed_under_its_subject_before_it_exists) {
  auto registration = a_lesson();
  registration.client_sub = Subject{"pairwise"};
  registration.cookie = CookieDigest{"0123456789abcdef"};
  registration.client_sid = Sid{"own-sid"};
  const auto exchange = register_participation(test_space, registration);
  std::vector<const Script*> order;
  for (const auto& command : exchange.commands) order.push_back(command.script);
  EXPECT_EQ(order,
            (std::vector{&index_script, &index_script, &point_script, &point_script, &register_script}));
  // Whatever the connection lets through before it breaks, no live session is unlisted.
  for (std::size_t sent = 0; sent < exchange.commands.size(); ++sent) {
    client().check_request(
        std::vector(exchange.commands.begin(), exchange.commands.begin() + static_cast<long>(sent)));
    EXPECT_EQ(number({"EXISTS", session_key(test_space, registration.key)}), 0);
  }
  run(exchange);
  EXPECT_EQ(run(sessions_of(test_space, {"alice"}, 0, 10)), std::vector{registration.key});
}

TEST_F(Invariant, I4_ending_twice_shows_the_same_participants_until_the_tombstone_is_gone) {
  run(register_participation(test_space, a_lesson("app-a")));
  auto front = a_lesson("app-b");
  front.channels = {.front = true};
  run(register_participation(test_space, front));
  const auto first = run(end_session(test_space, {"sid-1"}, end_terms()));
  const auto second = run(end_session(test_space, {"sid-1"}, end_terms()));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->ending.already);
  EXPECT_TRUE(second->ending.already);
  EXPECT_EQ(first->ending.session, second->ending.session);
  const auto left = number({"TTL", session_key(test_space, {"sid-1"})});
  EXPECT_TRUE(left > 590 && left <= 600) << left;
  check_request({"DEL", session_key(test_space, {"sid-1"})});
  EXPECT_EQ(run(end_session(test_space, {"sid-1"}, end_terms())), std::nullopt);
}

TEST_F(Invariant, I5_a_login_that_lost_the_race_is_itself_logged_out) {
  run(register_participation(test_space, a_lesson("app-a")));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  claim_all();
  auto late = a_lesson("late");
  late.client_sub = Subject{"pairwise"};
  EXPECT_EQ(run(register_participation(test_space, late)), Registered::too_late);
  EXPECT_EQ(run(register_participation(test_space, late)), Registered::too_late_known);
  EXPECT_FALSE(session().is_live());
  const auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].client, ClientId{"late"});
  EXPECT_EQ(claimed[0].reason, "late");
  EXPECT_EQ(claimed[0].sub, Subject{"pairwise"});
  EXPECT_EQ(claimed[0].sid, Sid{"sid-1"});
  EXPECT_EQ(claimed[0].attempt, 1u);
  EXPECT_EQ(counter("late"), 1);
  EXPECT_GT(number({"TTL", session_key(test_space, {"sid-1"})}), 0) << "the tombstone still goes";
}

TEST_F(Invariant, I5_who_only_renews_its_tokens_after_the_end_has_been_told_unless_it_never_took_part) {
  run(register_participation(test_space, a_lesson("app-a")));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  claim_all();
  auto renewal = a_lesson("app-a");
  renewal.is_renewal = true;
  const auto before = session();
  EXPECT_EQ(run(register_participation(test_space, renewal)), Registered::too_late_known);
  EXPECT_EQ(session(), before);
  EXPECT_EQ(claim_all().size(), 0u);
  auto unheard_of = a_lesson("app-b");
  unheard_of.is_renewal = true;
  EXPECT_EQ(run(register_participation(test_space, unheard_of)), Registered::too_late);
  EXPECT_EQ(claim_all().size(), 1u);
}

TEST_F(Invariant, I6_a_worker_that_lost_its_lease_can_neither_settle_nor_put_off) {
  run(register_participation(test_space, a_lesson()));
  const auto stale =
      run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.deliveries.at(0);
  let_leases_run_out();
  const auto fresh = claim_all().at(0);
  const auto before = number({"ZSCORE", queue_key(test_space, partition_of("sid-1")), fresh.id});
  EXPECT_EQ(settle_with(stale, Delivered{}), Settled::stale);
  EXPECT_EQ(settle_with(stale, RetryAt{Millis{1}, "503"}), Settled::stale);
  EXPECT_EQ(settle_with(stale, Abandon{"404"}), Settled::stale);
  EXPECT_EQ(number({"ZSCORE", queue_key(test_space, partition_of("sid-1")), fresh.id}), before);
  EXPECT_EQ(settle_with(fresh, Delivered{}), Settled::delivered);
  EXPECT_EQ(settle_with(stale, Delivered{}), Settled::stale);
}

TEST_F(Invariant, I7_a_delivery_is_in_one_place_at_a_time) {
  run(register_participation(test_space, a_lesson()));
  const auto first =
      run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.deliveries.at(0);
  EXPECT_EQ(places(), (Places{1, 1, 1, 0, 0}));
  settle_with(first, RetryAt{Millis{0}, "503"});
  EXPECT_EQ(places(), (Places{1, 1, 1, 0, 0}));
  settle_with(claim_all().at(0), Abandon{"404"});
  EXPECT_EQ(places(), (Places{0, 0, 0, 1, 1}));
  run(redrive(test_space, first.id));
  EXPECT_EQ(places(), (Places{1, 1, 1, 0, 0}));
  settle_with(claim_all().at(0), Delivered{});
  EXPECT_EQ(places(), (Places{0, 0, 0, 0, 0}));
}

TEST_F(Invariant, I7_what_lost_its_record_leaves_the_queue) {
  const auto p = partition_of("sid-1");
  check_request({"ZADD", queue_key(test_space, p), "1",
                 "sid-1\x1f"
                 "1\x1f"
                 "app-a"});
  EXPECT_TRUE(claim_all().empty());
  EXPECT_EQ(places(), (Places{0, 0, 0, 0, 0}));
}

// In a cluster a computed key aborts a script half-way while a slot moves.
TEST(DeclaredKeys, I8_are_all_that_a_script_touches) {
  for (const auto* script : all_scripts()) {
    std::size_t calls = 0;
    for (auto at = script->body.find("redis.call("); at != std::string_view::npos;
         at = script->body.find("redis.call(", at + 1), ++calls) {
      const auto call = script->body.substr(at + 11, script->body.find('\n', at) - at - 11);
      const auto comma = call.find(", ");
      const bool is_declared =
          call.starts_with("'TIME')") || call.starts_with("unpack(") ||
          (comma != std::string_view::npos && call.substr(comma + 2).starts_with("KEYS["));
      EXPECT_TRUE(is_declared) << script->name << ": " << call;
    }
    for (auto at = script->body.find("{'"); at != std::string_view::npos;
         at = script->body.find("{'", at + 1)) {
      const auto list = script->body.substr(at, 24);
      if (list[2] < 'A' || list[2] > 'Z') continue;  // a reply, no command
      EXPECT_NE(list.find("', KEYS["), std::string_view::npos) << script->name << ": " << list;
    }
    EXPECT_GT(calls, 0u) << script->name;
  }
}

TEST(DeclaredKeys, I8_of_a_command_lie_in_its_partition) {
  auto registration = a_lesson();
  registration.cookie = CookieDigest{"0123456789abcdef"};
  registration.client_sid = Sid{"own-sid"};
  std::vector<Command> commands = register_participation(test_space, registration).commands;
  const auto add = [&](const auto& exchange) {
    commands.insert(commands.end(), exchange.commands.begin(), exchange.commands.end());
  };
  const Delivery delivery{.id =
                              "sid-1\x1f"
                              "1\x1f"
                              "app-a",
                          .session = {"sid-1"},
                          .client = {"app-a"}};
  add(end_session(test_space, {"sid-1"}, end_terms()));
  add(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms()));
  add(claim(test_space, 0, partitions, 1, Millis{1}));
  add(claim_due(test_space, 9, 1, Seconds{1}));
  add(settle(test_space, {{delivery, Delivered{}}, {delivery, Abandon{"404"}}}));
  add(redrive(test_space, delivery.id));
  add(drop(test_space, delivery.id));
  add(unbundle(test_space, {.session = {"sid-1"}}, {}));
  add(put_mark(test_space, {Mark::Of::sub, "alice", {}}, {.jti = "jti-1"}));
  add(put_mark(test_space, {Mark::Of::sid, "sid-1", {}}, {.jti = "jti-1"}));
  add(own(test_space, {}, {CookieDigest{"0123456789abcdef"}}, Seconds{1}));
  add(keep_cookies(test_space, {"sid-1"}, {"app:wiki"}, {}, Seconds{1}));
  add(forget_cookies(test_space, {"sid-1"}, {"app:wiki"}, {}));
  add(redeem(test_space, "nonce", Seconds{1}, "logout"));
  add(agree_on_schema("slo", {}, "id"));
  add(agree_on_partition_ids("slo", "id"));
  std::set<const Script*> seen;
  for (const auto& command : commands) {
    ASSERT_NE(command.script, nullptr);
    seen.insert(command.script);
    const auto prefix = "slo{" + std::string(tag_of(command.partition)) + "}:";
    const auto keys = std::stoul(command.words[2]);
    for (std::size_t i = 3; i < 3 + keys; ++i)
      EXPECT_TRUE(command.words[i].starts_with(prefix)) << command.words[i];
  }
  EXPECT_EQ(seen.size(), all_scripts().size());
}

TEST_F(Invariant, survives_that_the_server_forgets_the_scripts) {
  run(register_participation(test_space, a_lesson("app-a")));
  check_request({"SCRIPT", "FLUSH"});
  EXPECT_EQ(run(register_participation(test_space, a_lesson("app-b"))), Registered::new_client);
  check_request({"SCRIPT", "FLUSH"});
  EXPECT_EQ(run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.deliveries.size(), 2u);
}

}  // namespace slo::redis::scripts_test
