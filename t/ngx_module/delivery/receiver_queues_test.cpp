// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/delivery/receiver_queues.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace slo::ngx::lanes_test {

using TestLanes = Lanes<std::string>;

std::vector<std::string> start_all(TestLanes& lanes) {
  std::vector<std::string> started;
  while (lanes.may_start()) started.push_back(lanes.start().parcel);
  return started;
}

TEST(Lanes, take_turns) {
  TestLanes lanes({.in_all = 4, .per_lane = 4});
  for (const char* parcel : {"a1", "a2", "a3"}) lanes.add("a", parcel);
  for (const char* parcel : {"b1", "b2"}) lanes.add("b", parcel);
  EXPECT_EQ(start_all(lanes), (std::vector<std::string>{"a1", "b1", "a2", "b2"}));
  EXPECT_EQ(lanes.waiting(), 1U);
  EXPECT_EQ(lanes.running(), 4U);
}

TEST(Lanes, keep_a_receiver_that_hangs_within_its_own_cap) {
  TestLanes lanes({.in_all = 8, .per_lane = 2});
  for (const char* parcel : {"a1", "a2", "a3", "a4"}) lanes.add("a", parcel);
  lanes.add("b", "b1");
  EXPECT_EQ(start_all(lanes), (std::vector<std::string>{"a1", "b1", "a2"}));
  EXPECT_EQ(lanes.room(), 5U) << "what waits for its own receiver takes nobody's room";
}

TEST(Lanes, go_on_when_a_call_is_over) {
  TestLanes lanes({.in_all = 8, .per_lane = 1});
  lanes.add("a", "a1");
  lanes.add("a", "a2");
  auto first = lanes.start();
  EXPECT_FALSE(lanes.may_start());
  EXPECT_EQ(lanes.over(*first.lane, true), LaneNews::none);
  EXPECT_EQ(start_all(lanes), std::vector<std::string>{"a2"});
}

TEST(Lanes, have_no_room_while_somebody_waits_for_the_common_cap) {
  TestLanes lanes({.in_all = 1, .per_lane = 1});
  lanes.add("a", "a1");
  lanes.add("b", "b1");
  EXPECT_EQ(start_all(lanes), std::vector<std::string>{"a1"});
  EXPECT_EQ(lanes.room(), 0U);
}

TEST(Lanes, try_a_receiver_that_failed_three_times_one_at_a_time_until_it_answers) {
  TestLanes lanes({.in_all = 8, .per_lane = 4});
  std::vector<LaneNews> news;
  TestLanes::Lane* lane = nullptr;
  for (const char* parcel : {"a1", "a2", "a3"}) {
    lanes.add("a", parcel);
    lane = lanes.start().lane;
    news.push_back(lanes.over(*lane, false));
  }
  EXPECT_EQ(news, (std::vector{LaneNews::none, LaneNews::none, LaneNews::troubled}));
  EXPECT_FALSE(lanes.is_shut("a")) << "one delivery may always try";
  for (const char* parcel : {"a4", "a5", "a6"}) lanes.add("a", parcel);
  EXPECT_TRUE(lanes.is_shut("a"));
  EXPECT_EQ(start_all(lanes), std::vector<std::string>{"a4"});
  EXPECT_EQ(lanes.over(*lane, true), LaneNews::recovered);
  EXPECT_EQ(start_all(lanes), (std::vector<std::string>{"a5", "a6"}));
}

TEST(Lanes, give_up_what_has_not_started) {
  TestLanes lanes({.in_all = 1, .per_lane = 1});
  for (const char* parcel : {"a1", "a2"}) lanes.add("a", parcel);
  lanes.add("b", "b1");
  auto running = lanes.start();
  auto left = lanes.give_up();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"a2", "b1"}));
  EXPECT_EQ(lanes.waiting(), 0U);
  lanes.over(*running.lane);
  EXPECT_FALSE(lanes.may_start());
}

}  // namespace slo::ngx::lanes_test
