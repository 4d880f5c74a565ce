// SPDX-License-Identifier: BSD-2-Clause
// claim, settle, redrive and the listings: bytes, then a server.
#include "redis_schema/deliveries.h"

#include <gtest/gtest.h>

#include <set>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::deliveries_test {

TEST(Claim, walks_over_the_partitions_and_wraps_round) {
  const auto exchange = claim(test_space, 62, 4, 10, Millis{5000}, "me");
  ASSERT_EQ(exchange.commands.size(), 4u);
  auto expected = run_script(claim_script, 1,
                             {queue_key(test_space, 1), records_key(test_space, 1), tokens_key(test_space, 1),
                              claimed_key(test_space, 1, "me")},
                             {"10", "5000", "me"});
  expected.stands_alone = true;
  EXPECT_EQ(exchange.commands[3], expected);
}

TEST(Claim, keeps_what_other_partitions_leased_when_one_refuses) {
  const auto exchange = claim(test_space, 0, 2, 10, Millis{5000});
  const std::string one =
      "*1\r\n*3\r\n$9\r\ns\x1f"
      "1800\x1f"
      "ab\r\n$16\r\n7\x1frp\x1fl\x1fs\x1fu\x1fw\x1f"
      "2\x1f"
      "4\r\n:3\r\n";
  const auto claimed = read_bytes(exchange, "-BUSY a script runs\r\n" + one);
  const Delivery expected{.id =
                              "s\x1f"
                              "1800\x1f"
                              "ab",
                          .session = {"s"},
                          .client = {"ab"},
                          .sub = Subject{"u"},
                          .sid = Sid{"s"},
                          .reason = "rp",
                          .logout_id = "l",
                          .enqueued = TimeMs{Millis{7}},
                          .token = 3,
                          .attempt = 5};
  EXPECT_EQ(claimed, (Owed{.deliveries = {expected}}));
  EXPECT_EQ(read_bytes(exchange, "-BUSY a script runs\r\n*0\r\n").error(),
            (Refusal{Fault::store_refused, "BUSY"}));
}

// Who lists holds no lease.
Delivery as_listed(Delivery delivery) {
  delivery.token = 0;
  return delivery;
}

class Deliveries : public StoreTest {
 protected:
  void end_with(const std::vector<std::string>& clients, const std::string& key = "sid-1") {
    for (const auto& id : clients) {
      auto registration = a_lesson(id);
      registration.key = {key};
      run(register_participation(test_space, registration));
    }
    run(end_session(test_space, {key}, end_terms()));
  }
  std::vector<ListedDelivery> list(DeliveryState state) {
    const auto checked = list_ids(test_space, state, 100, "");
    return run(load_listed(test_space, state, run(*checked)));
  }
};

TEST_F(Deliveries, are_leased_at_most_as_many_as_asked) {
  end_with({"a", "b", "c"});
  EXPECT_EQ(claim_all(Millis{60'000}, 2).size(), 2u);
  EXPECT_EQ(claim_all(Millis{60'000}, 2).size(), 1u);
  EXPECT_EQ(claim_all(Millis{60'000}, 2).size(), 0u);
}

TEST_F(Deliveries, come_back_when_a_lease_runs_out) {
  end_with({"a"});
  EXPECT_EQ(claim_all(Millis{0}).at(0).token, 1u);
  const auto again = claim_all(Millis{0}).at(0);
  EXPECT_EQ(again.token, 2u);
  EXPECT_EQ(again.attempt, 1u) << "nobody has said how the first one went";
}

TEST_F(Deliveries, settle_in_one_batch) {
  end_with({"a", "b", "c"});
  auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 3u);
  auto peer_mismatch = claimed[0];
  peer_mismatch.id += "x";
  const auto settled = run(settle(test_space, {{claimed[0], Delivered{}},
                                               {claimed[1], RetryAt{Millis{5000}, "503"}},
                                               {claimed[2], Abandon{"404"}},
                                               {peer_mismatch, Delivered{}}}));
  EXPECT_EQ(settled, (std::vector{Settled::delivered, Settled::rescheduled, Settled::dead, Settled::stale}));
  EXPECT_EQ(run(read_backlog(test_space)).pending, 1);
  EXPECT_EQ(run(read_backlog(test_space)).dead, 1);
  EXPECT_EQ(counted(test_space),
            (std::map<std::string, long long>{
                {"new", 1}, {"end:rp", 1}, {"enq", 3}, {"ok", 1}, {"retry", 1}, {"dead", 1}}));
}

TEST_F(Deliveries, are_counted_from_nought) {
  auto all = run(read_counters(test_space));
  EXPECT_EQ(all.size(), 14u);
  EXPECT_EQ(all.at("forgotten"), 0);
  EXPECT_EQ(counted(test_space), (std::map<std::string, long long>{}));
}

TEST_F(Deliveries, that_were_received_leave_with_one_command_for_each_partition) {
  std::vector<Settlement> settlements;
  std::set<std::uint16_t> touched;
  for (const auto* key : {"sid-1", "sid-2", "sid-3"}) {
    end_with({"a", "b", "c"}, key);
    touched.insert(partition_of(key));
  }
  for (auto& delivery : claim_all()) settlements.push_back({std::move(delivery), Delivered{}});
  ASSERT_EQ(settlements.size(), 9u);
  settlements[4].delivery.token = 7;  // another worker's meanwhile
  settlements[6].verdict = RetryAt{Millis{60'000}, "503"};

  const auto exchange = settle(test_space, settlements);
  EXPECT_EQ(exchange.commands.size(), touched.size() + 1);
  std::vector expected(9, Settled::delivered);
  expected[4] = Settled::stale;
  expected[6] = Settled::rescheduled;
  EXPECT_EQ(run(exchange), expected);
  EXPECT_EQ(list(DeliveryState::pending).size(), 2u);
}

TEST(Settle, refuses_replies_of_another_shape) {
  Delivery delivery{.id =
                        "s\x1f"
                        "1\x1f"
                        "a",
                    .session = {"s"},
                    .client = {"a"},
                    .token = 1};
  const auto exchange = settle(test_space, {{delivery, Delivered{}}});
  EXPECT_EQ(read_bytes(exchange, "*1\r\n:1\r\n"), std::vector{Settled::delivered});
  for (const auto* reply : {":1\r\n", "*0\r\n", "*2\r\n:1\r\n:1\r\n", "*1\r\n:2\r\n", "$1\r\n1\r\n"}) {
    EXPECT_EQ(read_bytes(exchange, reply).error(), unexpected_reply("ack")) << reply;
  }
}

TEST_F(Deliveries, are_listed_with_their_last_error_while_they_wait) {
  end_with({"a"});
  const auto delivery = claim_all().at(0);
  settle_with(delivery, RetryAt{Millis{60'000}, "503"});
  let_leases_run_out();
  const auto again = claim_all().at(0);
  EXPECT_EQ(again.sub, Subject{"alice"}) << "an error behind the record is no part of the subject";
  settle_with(again, RetryAt{Millis{60'000}, "timeout"});
  const auto listed = list(DeliveryState::pending);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(again.attempt, 2u);
  EXPECT_EQ(listed[0].delivery.sub, again.sub);
  EXPECT_EQ(listed[0].attempts, 2u);
  EXPECT_EQ(listed[0].error, "timeout");
  EXPECT_GT(listed[0].due, again.enqueued + Millis{50'000});
}

TEST_F(Deliveries, become_dead_letters_and_are_redriven_as_if_new) {
  end_with({"a"});
  const auto delivery = claim_all().at(0);
  settle_with(delivery, Abandon{"404"});
  EXPECT_TRUE(claim_all().empty());
  const auto dead = list(DeliveryState::dead);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].delivery, as_listed(delivery));
  EXPECT_EQ(dead[0].attempts, 1u);
  EXPECT_EQ(dead[0].error, "404");
  EXPECT_EQ(dead[0].state, DeliveryState::dead);
  EXPECT_TRUE(run(redrive(test_space, delivery.id)));
  EXPECT_FALSE(run(redrive(test_space, delivery.id)));
  auto again = claim_all().at(0);
  EXPECT_GE(again.enqueued, delivery.enqueued);
  EXPECT_GT(again.token, delivery.token);
  again.enqueued = delivery.enqueued;
  again.token = delivery.token;
  EXPECT_EQ(again, delivery);
}

TEST_F(Deliveries, are_looked_up_by_their_id) {
  end_with({"a"});
  const auto delivery = claim_all().at(0);
  const auto found = [&](DeliveryState state) {
    return run(load_listed(test_space, state, only(delivery.id)));
  };
  ASSERT_EQ(found(DeliveryState::pending).size(), 1u);
  EXPECT_EQ(found(DeliveryState::pending)[0].delivery, as_listed(delivery));
  EXPECT_TRUE(found(DeliveryState::dead).empty());
  settle_with(delivery, Abandon{"404"});
  ASSERT_EQ(found(DeliveryState::dead).size(), 1u);
  EXPECT_EQ(found(DeliveryState::dead)[0].delivery, as_listed(delivery));
  EXPECT_TRUE(found(DeliveryState::pending).empty());
}

TEST_F(Deliveries, are_dropped_dead_or_pending_and_leave_nothing) {
  end_with({"a", "b"});
  const auto claimed = claim_all();
  settle_with(claimed.at(0), Abandon{"404"});
  for (const auto& delivery : claimed) {
    EXPECT_TRUE(run(drop(test_space, delivery.id)));
    EXPECT_FALSE(run(drop(test_space, delivery.id)));
  }
  EXPECT_TRUE(list(DeliveryState::dead).empty());
  EXPECT_TRUE(list(DeliveryState::pending).empty());
  EXPECT_EQ(run(settle(test_space, {{claimed.at(1), Delivered{}}})), std::vector{Settled::stale});
  EXPECT_EQ(run(read_counters(test_space)).at("dropped"), 2);
}

TEST(DeliveryId, is_told_from_that_of_a_bundle) {
  EXPECT_TRUE(
      is_delivery_id("sid-1\x1f"
                     "1\x1f"
                     "a"));
  EXPECT_FALSE(is_delivery_id("sid-1"));
}

TEST_F(Deliveries, let_the_oldest_dead_letters_make_room) {
  const auto p = partition_of("sid-1");
  fill_dead_letters();
  end_with({"a"});
  const auto delivery = claim_all().at(0);
  EXPECT_EQ(settle_with(delivery, Abandon{"404"}), Settled::crowded);
  EXPECT_EQ(number({"ZCARD", dead_key(test_space, p)}), max_dead_letters);
  EXPECT_EQ(number({"HLEN", dead_records_key(test_space, p)}), max_dead_letters);
  EXPECT_EQ(number({"HEXISTS", dead_records_key(test_space, p), "dead-1"}), 0);
  EXPECT_EQ(number({"HEXISTS", dead_records_key(test_space, p), delivery.id}), 1);
  EXPECT_EQ(counter("forgotten"), 1);
  const auto listed = run(load_listed(test_space, DeliveryState::dead, only(delivery.id)));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].delivery, as_listed(delivery)) << "it can be sent again";
  EXPECT_EQ(listed[0].attempts, 1u);
  EXPECT_EQ(listed[0].error, "404");
  EXPECT_TRUE(run(redrive(test_space, delivery.id)));
  EXPECT_EQ(claim_all().at(0).sub, delivery.sub);
}

TEST_F(Deliveries, that_are_dead_are_kept_for_a_month) {
  const auto p = partition_of("sid-1");
  fill_dead_letters(Seconds{30 * 86400 + 10});
  end_with({"a"});
  EXPECT_EQ(settle_with(claim_all().at(0), Abandon{"404"}), Settled::dead);
  EXPECT_EQ(number({"ZCARD", dead_key(test_space, p)}), 1);
  EXPECT_EQ(number({"HLEN", dead_records_key(test_space, p)}), 1);
  for (const auto& key : {dead_key(test_space, p), dead_records_key(test_space, p)}) {
    const auto left = number({"TTL", key});
    EXPECT_TRUE(left > 30 * 86400 - 60 && left <= 30 * 86400) << left;
  }
  EXPECT_EQ(counter("forgotten"), 0) << "they were not crowded out";
}

TEST_F(Deliveries, carry_the_id_of_the_logout_that_owes_them) {
  for (const auto* client : {"a", "b", "c"}) run(register_participation(test_space, a_lesson(client)));
  auto terms = end_terms(Millis{60'000});
  terms.caller = "logout-1";
  const auto left = run(end_participation(test_space, {"sid-1"}, {"a"}, terms));
  EXPECT_EQ(left->owed.deliveries.at(0).logout_id, "logout-1");
  terms.caller = "logout-2";
  const auto ended = run(end_session(test_space, {"sid-1"}, terms));
  EXPECT_EQ(ended->owed.deliveries.at(0).logout_id, "logout-2");
  run(register_participation(test_space, a_lesson("late")));
  std::map<std::string, std::string> ids;
  for (const auto& one : list(DeliveryState::pending))
    ids[one.delivery.client.value] = one.delivery.logout_id;
  EXPECT_EQ(ids, (std::map<std::string, std::string>{
                     {"a", "logout-1"}, {"b", "logout-2"}, {"c", "logout-2"}, {"late", "logout-2"}}));
  EXPECT_EQ(settle_with(ended->owed.deliveries.at(0), RetryAt{Millis{0}, "503"}), Settled::rescheduled);
  let_leases_run_out();
  for (const auto& delivery : claim_all()) {
    EXPECT_EQ(delivery.logout_id, ids[delivery.client.value]);
    settle_with(delivery, Abandon{"404"});
  }
  for (const auto& one : list(DeliveryState::dead))
    EXPECT_EQ(one.delivery.logout_id, ids[one.delivery.client.value]);
  EXPECT_EQ(list(DeliveryState::dead).size(), 4u);
}

class Listing : public Deliveries {};

TEST_F(Listing, goes_page_by_page_through_all_partitions) {
  std::set<std::string> expected, seen;
  for (int i = 0; i < 25; ++i) {
    end_with({"a", "b"}, "s" + std::to_string(i));
    expected.insert({"s" + std::to_string(i) + "a", "s" + std::to_string(i) + "b"});
  }
  std::string cursor;
  int pages = 0;
  do {
    const auto checked = list_ids(test_space, DeliveryState::pending, 7, cursor);
    ASSERT_TRUE(checked);
    const auto ids = run(*checked);
    const auto listed = run(load_listed(test_space, DeliveryState::pending, ids));
    EXPECT_EQ(listed.size(), ids.next.empty() ? 1u : 7u);
    for (const auto& one : listed) seen.insert(one.delivery.session.value + one.delivery.client.value);
    cursor = ids.next;
  } while (!cursor.empty() && ++pages < 20);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(pages, 7);
}

TEST_F(Listing, passes_over_what_was_settled_meanwhile) {
  end_with({"a"});
  const auto ids = run(*list_ids(test_space, DeliveryState::pending, 10, ""));
  settle_with(claim_all().at(0), Delivered{});
  EXPECT_TRUE(run(load_listed(test_space, DeliveryState::pending, ids)).empty());
}

TEST_F(Listing, goes_on_behind_what_has_left_it) {
  std::vector<std::string> clients;
  for (char c = 'a'; c <= 'j'; ++c) clients.emplace_back(1, c);
  end_with(clients);
  for (const auto& delivery : claim_all()) settle_with(delivery, Abandon{"404"});
  std::string cursor;
  std::set<std::string> seen;
  do {
    const auto ids = run(*list_ids(test_space, DeliveryState::dead, 3, cursor));
    std::vector<std::string> gone;
    for (const auto& place : ids.places) {
      seen.insert(place.id);
      if (gone.size() < 2) gone.push_back(place.id);
    }
    EXPECT_EQ(run(redrive_all(test_space, gone, "me")), std::vector<bool>(gone.size(), true));
    EXPECT_EQ(run(redrive_all(test_space, gone, "other")), std::vector<bool>(gone.size(), false));
    cursor = next_without(ids, gone);
  } while (!cursor.empty());
  EXPECT_EQ(seen.size(), clients.size());
}

TEST(Cursor, is_refused_unless_it_is_one_of_ours) {
  for (const auto* cursor : {"x", "1", "1.", ".1", "64.0", "1.x", "1.2.3", "-1.0", " 1.0", "1.99999999999"}) {
    const auto checked = list_ids(test_space, DeliveryState::dead, 10, cursor);
    ASSERT_FALSE(checked) << cursor;
    EXPECT_EQ(checked.error(), (Refusal{Fault::api_parameter_invalid, "\"cursor\" is none of ours"}))
        << cursor;
  }
  const auto checked = list_ids(test_space, DeliveryState::dead, 10, "62.40");
  ASSERT_TRUE(checked);
  EXPECT_EQ(words_of(*checked), (std::vector<std::vector<std::string>>{
                                    {"ZRANGE", dead_key(test_space, 62), "40", "50", "WITHSCORES"},
                                    {"ZRANGE", dead_key(test_space, 63), "0", "10", "WITHSCORES"}}));
}

}  // namespace slo::redis::deliveries_test
