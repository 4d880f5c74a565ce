// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/delivery/receiver_queues.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace slo::ngx::receiver_queues_test {

using TestQueues = ReceiverQueues<std::string>;

std::vector<std::string> start_all(TestQueues& queues) {
  std::vector<std::string> started;
  while (queues.may_start()) started.push_back(queues.start().leased);
  return started;
}

TEST(ReceiverQueues, take_turns) {
  TestQueues queues({.in_all = 4, .per_receiver = 4});
  for (const char* leased : {"a1", "a2", "a3"}) queues.add("a", leased);
  for (const char* leased : {"b1", "b2"}) queues.add("b", leased);
  EXPECT_EQ(start_all(queues), (std::vector<std::string>{"a1", "b1", "a2", "b2"}));
  EXPECT_EQ(queues.waiting(), 1U);
  EXPECT_EQ(queues.running(), 4U);
}

TEST(ReceiverQueues, keep_a_receiver_that_hangs_within_its_own_cap) {
  TestQueues queues({.in_all = 8, .per_receiver = 2});
  for (const char* leased : {"a1", "a2", "a3", "a4"}) queues.add("a", leased);
  queues.add("b", "b1");
  EXPECT_EQ(start_all(queues), (std::vector<std::string>{"a1", "b1", "a2"}));
  EXPECT_EQ(queues.room(), 5U) << "what waits for its own receiver takes nobody's room";
}

TEST(ReceiverQueues, go_on_when_a_call_is_over) {
  TestQueues queues({.in_all = 8, .per_receiver = 1});
  queues.add("a", "a1");
  queues.add("a", "a2");
  auto first = queues.start();
  EXPECT_FALSE(queues.may_start());
  EXPECT_EQ(queues.over(*first.queue, true), ReceiverNews::none);
  EXPECT_EQ(start_all(queues), std::vector<std::string>{"a2"});
}

TEST(ReceiverQueues, have_no_room_while_somebody_waits_for_the_common_cap) {
  TestQueues queues({.in_all = 1, .per_receiver = 1});
  queues.add("a", "a1");
  queues.add("b", "b1");
  EXPECT_EQ(start_all(queues), std::vector<std::string>{"a1"});
  EXPECT_EQ(queues.room(), 0U);
}

TEST(ReceiverQueues, try_a_receiver_that_failed_three_times_one_at_a_time_until_it_answers) {
  TestQueues queues({.in_all = 8, .per_receiver = 4});
  std::vector<ReceiverNews> news;
  TestQueues::ReceiverQueue* queue = nullptr;
  for (const char* leased : {"a1", "a2", "a3"}) {
    queues.add("a", leased);
    queue = queues.start().queue;
    news.push_back(queues.over(*queue, false));
  }
  EXPECT_EQ(news, (std::vector{ReceiverNews::none, ReceiverNews::none, ReceiverNews::troubled}));
  EXPECT_FALSE(queues.is_shut("a")) << "one delivery may always try";
  for (const char* leased : {"a4", "a5", "a6"}) queues.add("a", leased);
  EXPECT_TRUE(queues.is_shut("a"));
  EXPECT_EQ(start_all(queues), std::vector<std::string>{"a4"});
  EXPECT_EQ(queues.over(*queue, true), ReceiverNews::recovered);
  EXPECT_EQ(start_all(queues), (std::vector<std::string>{"a5", "a6"}));
}

TEST(ReceiverQueues, give_up_what_has_not_started) {
  TestQueues queues({.in_all = 1, .per_receiver = 1});
  for (const char* leased : {"a1", "a2"}) queues.add("a", leased);
  queues.add("b", "b1");
  auto running = queues.start();
  auto left = queues.give_up();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"a2", "b1"}));
  EXPECT_EQ(queues.waiting(), 0U);
  queues.over(*running.queue);
  EXPECT_FALSE(queues.may_start());
}

}  // namespace slo::ngx::receiver_queues_test
