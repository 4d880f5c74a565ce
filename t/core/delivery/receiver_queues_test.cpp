// SPDX-License-Identifier: BSD-2-Clause
#include "core/delivery/receiver_queues.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace slo::receiver_queues_test {

using TestQueues = ReceiverQueues<std::string>;
using Calls = std::vector<TestQueues::Started>;
using Names = std::vector<std::string>;

// Queues in which "a.x" is an item for the receiver "a.x"'s part before the dash: "host/path-n".
struct House {
  TestQueues queues;
  Millis now{0};
  Calls calls{};

  explicit House(QueueLimits limits) : queues(limits) {}

  TestQueues::Receiver& receiver(const std::string& uri) {
    return queues.receiver(uri, uri.substr(0, uri.find('/')));
  }
  void add(const std::string& uri, const Names& items) {
    for (const auto& item : items) queues.add(receiver(uri), item);
  }
  // Starts all that may start.
  Names start() {
    Names names;
    while (auto started = queues.start(now)) {
      names.push_back(started->item);
      calls.push_back(*std::move(started));
    }
    std::ranges::sort(names);
    return names;
  }
  TestQueues::Call& call(const std::string& item) {
    return std::ranges::find(calls, item, &TestQueues::Started::item)->call;
  }
  ReceiverNews over(const std::string& item, CallOutcome outcome) {
    auto found = std::ranges::find(calls, item, &TestQueues::Started::item);
    TestQueues::Call ended = found->call;
    calls.erase(found);
    return queues.over(ended, outcome, now);
  }
  // A call to it that ends so.
  ReceiverNews did(const std::string& uri, CallOutcome outcome) {
    add(uri, {uri + "?"});
    start();
    return over(uri + "?", outcome);
  }
  Names turned_away() {
    Names names = queues.take_turned_away();
    std::ranges::sort(names);
    return names;
  }
};

constexpr auto answered = CallOutcome::answered;
constexpr auto receiver_failed = CallOutcome::receiver_failed;
constexpr auto host_failed = CallOutcome::host_failed;

TEST(ReceiverQueues, call_a_receiver_that_nobody_knows_once_and_one_that_answered_as_often_as_they_may) {
  House house({.places = 16, .per_host = 3});
  house.add("a/x", {"1", "2", "3", "4", "5"});
  EXPECT_EQ(house.start(), Names{"1"});
  house.over("1", answered);
  EXPECT_EQ(house.start(), (Names{"2", "3", "4"}));
  house.over("3", answered);
  EXPECT_EQ(house.start(), Names{"5"});
  EXPECT_EQ(house.queues.waiting(), 0U);
}

TEST(ReceiverQueues, take_turns) {
  House house({.places = 4, .per_host = 4});
  for (const char* uri : {"a/x", "b/x"}) house.did(uri, answered);
  house.add("a/x", {"a1", "a2", "a3", "a4"});
  house.add("b/x", {"b1", "b2"});
  EXPECT_EQ(house.start(), (Names{"a1", "a2", "b1", "b2"}));
}

TEST(ReceiverQueues, call_one_host_only_so_often_at_a_time_whatever_its_receivers) {
  House house({.places = 16, .per_host = 2});
  for (const char* uri : {"a/x", "a/y", "a/z"}) house.did(uri, answered);
  house.add("a/x", {"x1", "x2"});
  house.add("a/y", {"y1"});
  house.add("a/z", {"z1"});
  const Names first = house.start();
  EXPECT_EQ(first.size(), 2U);
  house.over(first[0], answered);
  EXPECT_EQ(house.start().size(), 1U);
  house.over(first[1], answered);
  EXPECT_EQ(house.start().size(), 1U);
}

TEST(ReceiverQueues, give_the_place_of_a_call_that_only_waits_to_another_one) {
  House house({.places = 1, .per_host = 1});
  house.add("a/x", {"a1"});
  house.add("b/x", {"b1"});
  EXPECT_EQ(house.start(), Names{"a1"});
  EXPECT_EQ(house.queues.room(), 0U);
  house.queues.grew_old(house.call("a1"));
  EXPECT_EQ(house.start(), Names{"b1"});
}

TEST(ReceiverQueues, keep_places_for_receivers_that_answer) {
  House house({.places = 8, .per_host = 4});
  house.did("good/x", answered);
  for (int i = 0; i < 20; ++i) house.add("new" + std::to_string(i) + "/x", {"n"});
  house.add("good/x", {"g1", "g2"});
  const Names started = house.start();
  EXPECT_EQ(std::ranges::count(started, "n"), 6) << "three quarters";
  EXPECT_EQ(started.size(), 8U);
}

TEST(ReceiverQueues, call_few_of_those_that_keep_them_waiting) {
  House house({.places = 8, .per_host = 4});
  for (int i = 0; i < 6; ++i)
    house.add("hung" + std::to_string(i) + "/x", {"h" + std::to_string(i), "later"});
  EXPECT_EQ(house.start().size(), 6U);
  for (int i = 0; i < 6; ++i) house.queues.grew_suspect(house.call("h" + std::to_string(i)));
  EXPECT_EQ(house.start(), Names{}) << "each has its call";
  for (int i = 0; i < 6; ++i) house.over("h" + std::to_string(i), receiver_failed);
  EXPECT_EQ(house.start().size(), 2U) << "a quarter of the places";
}

TEST(ReceiverQueues, shut_a_receiver_after_three_failures_and_not_its_neighbours) {
  House house({.places = 8, .per_host = 4});
  EXPECT_EQ(house.did("a/x", receiver_failed), ReceiverNews::none);
  EXPECT_EQ(house.did("a/x", receiver_failed), ReceiverNews::none);
  EXPECT_EQ(house.did("a/x", receiver_failed), ReceiverNews::shut);
  EXPECT_EQ(house.queues.shut(), 1U);
  EXPECT_EQ(house.queues.kept_off(house.receiver("a/x"), house.now), Millis{5000});
  EXPECT_EQ(house.queues.kept_off(house.receiver("a/y"), house.now), std::nullopt);
}

TEST(ReceiverQueues, shut_all_receivers_of_a_host_that_is_not_there) {
  House house({.places = 8, .per_host = 4});
  house.add("a/y", {"y1"});
  house.start();
  house.queues.grew_suspect(house.call("y1"));
  house.add("a/y", {"y2"});
  for (int i = 0; i < 3; ++i) house.did("a/x", host_failed);
  EXPECT_EQ(house.queues.kept_off(house.receiver("a/y"), house.now), Millis{5000});
  house.over("y1", host_failed);
  EXPECT_EQ(house.turned_away(), Names{"y2"});
}

TEST(ReceiverQueues, turn_away_what_waits_for_a_receiver_that_is_shut) {
  House house({.places = 8, .per_host = 4});
  house.did("a/x", answered);
  house.add("a/x", {"1", "2", "3", "4", "5", "6"});
  house.start();
  for (const char* item : {"1", "2", "3"}) house.over(item, receiver_failed);
  EXPECT_EQ(house.turned_away(), (Names{"5", "6"}));
  EXPECT_EQ(house.start(), Names{});
}

TEST(ReceiverQueues, probe_once_an_interval) {
  House house({.places = 8, .per_host = 4});
  for (int i = 0; i < 3; ++i) house.did("a/x", receiver_failed);
  house.now = Millis{5000};
  auto& receiver = house.receiver("a/x");
  EXPECT_EQ(house.queues.kept_off(receiver, house.now), std::nullopt);
  house.add("a/x", {"probe"});
  EXPECT_EQ(house.queues.kept_off(receiver, house.now), Millis{5000}) << "one is on its way";
  EXPECT_EQ(house.start(), Names{"probe"});
  EXPECT_EQ(house.over("probe", receiver_failed), ReceiverNews::none);
  EXPECT_EQ(house.queues.kept_off(receiver, house.now), Millis{10'000});
}

TEST(ReceiverQueues, tell_that_a_receiver_answers_again) {
  House house({.places = 8, .per_host = 2});
  for (int i = 0; i < 3; ++i) house.did("a/x", i == 0 ? host_failed : receiver_failed);
  house.did("a/x", receiver_failed);
  EXPECT_EQ(house.queues.shut(), 1U);
  house.now = Millis{5000};
  EXPECT_EQ(house.did("a/x", answered), ReceiverNews::recovered);
  EXPECT_EQ(house.queues.shut(), 0U);
  house.add("a/x", {"1", "2", "3"});
  EXPECT_EQ(house.start(), (Names{"1", "2"}));
}

TEST(ReceiverQueues, try_a_last_chance_though_its_receiver_be_shut) {
  House house({.places = 64, .per_host = 4});
  for (int i = 0; i < 3; ++i) house.did("a/x", receiver_failed);
  house.queues.add_last_chance(house.receiver("a/x"), "old");
  house.queues.add_last_chance(house.receiver("a/x"), "older");
  EXPECT_EQ(house.start(), (Names{"old", "older"}));
  house.over("older", receiver_failed);
  EXPECT_EQ(house.turned_away(), Names{});
}

TEST(ReceiverQueues, give_last_chances_in_the_order_in_which_they_came) {
  House house({.places = 8, .per_host = 4});
  for (int i = 0; i < 3; ++i) house.did("a/x", receiver_failed);
  for (const char* item : {"first", "second", "third"})
    house.queues.add_last_chance(house.receiver("a/x"), item);
  EXPECT_EQ(house.start(), (Names{"first"}));
}

TEST(ReceiverQueues, try_sixteen_last_chances_of_one_receiver_at_a_time_and_only_one_ordinary_delivery) {
  House house({.places = 512, .per_host = 512});
  for (int i = 0; i < 2; ++i) house.did("a/x", receiver_failed);
  auto& receiver = house.receiver("a/x");
  house.add("a/x", {"ordinary", "another"});
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(TestQueues::takes_last_chance(receiver));
    house.queues.add_last_chance(receiver, "old");
  }
  EXPECT_FALSE(TestQueues::takes_last_chance(receiver)) << "so many wait";
  EXPECT_EQ(house.start(), Names(16, "old"));
  for (int i = 0; i < 16; ++i) house.queues.add_last_chance(receiver, "older");
  EXPECT_EQ(house.start(), Names{}) << "so many are called";
  house.over("old", CallOutcome::nothing);
  EXPECT_EQ(house.start(), Names{"older"});
  for (int i = 0; i < 15; ++i) house.over("old", CallOutcome::nothing), house.start();
  for (int i = 0; i < 15; ++i) house.over("older", CallOutcome::nothing);
  EXPECT_EQ(house.start(), Names{}) << "an ordinary one waits until it is alone";
  house.over("older", CallOutcome::nothing);
  EXPECT_EQ(house.start(), Names{"ordinary"});
}

TEST(ReceiverQueues, call_no_host_more_often_at_a_time_for_last_chances_until_they_only_wait) {
  House house({.places = 512, .per_host = 4});
  for (int i = 0; i < 3; ++i) house.did("a/x", receiver_failed);
  for (const char* item : {"1", "2", "3", "4", "5", "6"})
    house.queues.add_last_chance(house.receiver("a/x"), item);
  EXPECT_EQ(house.start(), (Names{"1", "2", "3", "4"}));
  house.queues.grew_old(house.call("1"));
  EXPECT_EQ(house.start(), Names{"5"});
}

TEST(ReceiverQueues, leave_half_of_the_suspects_places_to_those_that_need_but_one) {
  House house({.places = 32, .per_host = 32});
  for (int i = 0; i < 3; ++i) house.did("hung/x", receiver_failed);
  for (int i = 0; i < 3; ++i) house.did("bad" + std::to_string(i) + "/x", receiver_failed);
  for (int i = 0; i < 16; ++i) house.queues.add_last_chance(house.receiver("hung/x"), "old");
  EXPECT_EQ(house.start(), Names(4, "old")) << "of eight";
  for (int i = 0; i < 3; ++i) house.add("bad" + std::to_string(i) + "/x", {"b"});
  EXPECT_EQ(house.start(), Names(3, "b"));
}

TEST(ReceiverQueues, forget_a_receiver_that_nobody_wants_to_probe_and_leave_it_its_standing) {
  House house({.places = 8, .per_host = 4});
  for (int i = 0; i < 3; ++i) house.did("a/x", receiver_failed);
  for (int i = 0; i < 3; ++i) house.did("b/x", host_failed);
  EXPECT_EQ(house.queues.shut(), 2U);
  house.now = Millis{9999};
  EXPECT_FALSE(house.queues.forget_idle(house.now));
  house.now = Millis{10'000};
  EXPECT_TRUE(house.queues.forget_idle(house.now));
  EXPECT_EQ(house.queues.shut(), 0U);
  EXPECT_FALSE(house.queues.forget_idle(house.now)) << "it says so once";
  house.add("a/x", {"1", "2"});
  EXPECT_EQ(house.start(), Names{"1"}) << "one at a time";
  EXPECT_EQ(house.over("1", receiver_failed), ReceiverNews::shut);
  EXPECT_EQ(house.turned_away(), Names{"2"});
  EXPECT_EQ(house.did("b/x", answered), ReceiverNews::none) << "it was not known to be shut";
  EXPECT_EQ(house.queues.shut(), 1U);
}

TEST(ReceiverQueues, forget_nobody_for_whom_something_waits_or_is_on_its_way) {
  House house({.places = 1, .per_host = 1});
  for (int i = 0; i < 3; ++i) house.did("a/x", host_failed);
  house.add("b/x", {"b"});
  house.start();
  house.now = Millis{60'000};
  house.add("a/y", {"probe"});
  EXPECT_FALSE(house.queues.forget_idle(house.now)) << "there is no place";
  house.over("b", answered);
  house.start();
  EXPECT_FALSE(house.queues.forget_idle(house.now)) << "it is called";
  EXPECT_EQ(house.over("probe", CallOutcome::nothing), ReceiverNews::none);
  EXPECT_TRUE(house.queues.forget_idle(house.now));
}

TEST(ReceiverQueues, forget_a_receiver_whose_deliveries_were_turned_away_or_given_back) {
  House house({.places = 8, .per_host = 4});
  house.did("a/x", answered);
  house.add("a/x", {"1", "2", "3", "4", "5", "6"});
  house.start();
  for (const char* item : {"1", "2", "3", "4"}) house.over(item, receiver_failed);
  EXPECT_EQ(house.turned_away(), (Names{"5", "6"}));
  house.queues.add_last_chance(house.receiver("a/x"), "old");
  house.now = Millis{60'000};
  EXPECT_FALSE(house.queues.forget_idle(house.now));
  EXPECT_EQ(house.queues.take_all(), Names{"old"});
  EXPECT_TRUE(house.queues.forget_idle(house.now));
}

TEST(ReceiverQueues, hold_little_for_a_receiver_that_keeps_them_waiting) {
  House house({.places = 8, .per_host = 4});
  house.did("a/x", receiver_failed);
  auto& receiver = house.receiver("a/x");
  unsigned held = 0;
  while (!house.queues.kept_off(receiver, house.now)) house.queues.add(receiver, std::to_string(held++));
  EXPECT_EQ(held, 16U);
  EXPECT_EQ(house.queues.kept_off(receiver, house.now), Millis{5000});
}

TEST(ReceiverQueues, learn_nothing_of_a_receiver_that_was_not_reached_for_our_own_fault) {
  House house({.places = 8, .per_host = 4});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(house.did("a/x", CallOutcome::nothing), ReceiverNews::none);
  EXPECT_EQ(house.queues.kept_off(house.receiver("a/x"), house.now), std::nullopt);
}

TEST(ReceiverQueues, have_no_room_while_somebody_waits_for_a_place) {
  House house({.places = 2, .per_host = 1});
  house.did("a/x", answered);
  EXPECT_EQ(house.queues.room(), 2U);
  house.add("a/x", {"1", "2", "3"});
  EXPECT_EQ(house.start(), Names{"1"});
  EXPECT_EQ(house.queues.room(), 1U) << "what waits for its own receiver takes nobody's place";
  house.did("b/x", answered);
  house.add("b/x", {"4"});
  house.start();
  EXPECT_EQ(house.queues.room(), 0U);
}

TEST(ReceiverQueues, give_back_all_that_has_not_started) {
  House house({.places = 1, .per_host = 1});
  house.add("a/x", {"a1", "a2"});
  house.add("b/x", {"b1"});
  const Names started = house.start();
  Names left = house.queues.take_all();
  std::ranges::sort(left);
  EXPECT_EQ(started.size() + left.size(), 3U);
  EXPECT_EQ(house.queues.waiting(), 0U);
  house.over(started[0], answered);
  EXPECT_EQ(house.start(), Names{});
}

TEST(ReceiverQueues, call_whoever_waits_for_his_host_although_others_that_did_are_suspect_now) {
  House house({.places = 16, .per_host = 2});
  for (const char* uri : {"h/a", "h/b", "h/c", "h/d", "h/e"}) house.did(uri, answered);
  house.add("h/a", {"a1"});
  house.add("h/b", {"b1"});
  house.start();
  for (const char* item : {"a1", "b1"}) house.queues.grew_old(house.call(item));
  house.add("h/c", {"c1"});
  house.add("h/d", {"d1"});
  house.start();
  house.add("h/a", {"a2"});
  house.add("h/b", {"b2"});
  house.add("h/e", {"e1"});
  EXPECT_EQ(house.start(), Names{}) << "their host has two calls";
  house.over("a1", receiver_failed);
  house.over("b1", receiver_failed);
  house.over("c1", answered);
  house.over("d1", answered);
  Names started = house.start();
  while (house.queues.waiting() > 0 && !house.calls.empty()) {
    house.over(house.calls.front().item, receiver_failed);
    for (auto& name : house.start()) started.push_back(name);
  }
  std::ranges::sort(started);
  EXPECT_EQ(started, (Names{"a2", "b2", "e1"}));
}

TEST(ReceiverQueues, probe_a_host_that_is_not_there_by_one_receiver) {
  House house({.places = 16, .per_host = 4});
  for (const char* uri : {"h/a", "h/b"}) house.did(uri, host_failed);
  EXPECT_EQ(house.did("h/c", host_failed), ReceiverNews::shut);
  house.now = Millis{5000};
  house.add("h/a", {"probe"});
  EXPECT_EQ(house.start(), Names{"probe"});
  EXPECT_EQ(house.queues.kept_off(house.receiver("h/b"), house.now), Millis{5000});
  EXPECT_EQ(house.over("probe", receiver_failed), ReceiverNews::host_recovered) << "somebody is there";
  EXPECT_EQ(house.queues.kept_off(house.receiver("h/b"), house.now), std::nullopt);
}

TEST(ReceiverQueues, call_a_host_in_trouble_no_more_often_than_another_one) {
  House house({.places = 64, .per_host = 2});
  for (int i = 0; i < 8; ++i) house.did("h/" + std::to_string(i), receiver_failed);
  for (int i = 0; i < 8; ++i) house.add("h/" + std::to_string(i), {"again" + std::to_string(i)});
  EXPECT_EQ(house.start().size(), 2U);
}

TEST(ReceiverQueues, hold_no_more_for_one_receiver_than_it_may_take_in_a_while) {
  House house({.places = 8, .per_host = 4});
  house.did("a/x", answered);
  auto& receiver = house.receiver("a/x");
  unsigned held = 0;
  while (!house.queues.kept_off(receiver, house.now)) house.queues.add(receiver, std::to_string(held++));
  EXPECT_EQ(held, 256U);
  EXPECT_EQ(house.queues.kept_off(receiver, house.now), Millis{0}) << "it works: nobody knows for how long";
}

TEST(ReceiverQueues, count_no_suspects_among_those_that_are_ready) {
  House house({.places = 8, .per_host = 4});
  house.did("bad/x", receiver_failed);
  house.add("bad/x", {"1"});
  house.add("new/x", {"2"});
  EXPECT_EQ(house.queues.ready(), 1U);
}

}  // namespace slo::receiver_queues_test
