// SPDX-License-Identifier: BSD-2-Clause
#include "core/log_budget.h"

#include <gtest/gtest.h>

namespace slo::log_budget_test {
namespace {

constexpr TimeS start{Seconds{1'800'000'000}};

unsigned taken(LogBudget& budget, unsigned tries, TimeS now) {
  unsigned lines = 0;
  for (unsigned i = 0; i < tries; ++i) lines += budget.take(now) ? 1 : 0;
  return lines;
}

}  // namespace

TEST(LogBudget, writes_each_line_while_they_are_few) {
  LogBudget budget;
  EXPECT_EQ(taken(budget, LogBudget::lines_a_minute, start), LogBudget::lines_a_minute);
  EXPECT_EQ(budget.settle(start + Seconds{60}), 0U);
}

TEST(LogBudget, counts_a_storm_and_tells_it_after_its_minute) {
  LogBudget budget;
  EXPECT_EQ(taken(budget, 100'000, start), 10U);
  EXPECT_EQ(budget.settle(start + Seconds{59}), 0U);
  EXPECT_EQ(budget.settle(start + Seconds{60}), 99'990U);
  EXPECT_EQ(budget.settle(start + Seconds{61}), 0U);
}

TEST(LogBudget, opens_anew_after_each_minute) {
  LogBudget budget;
  EXPECT_EQ(taken(budget, 10, start), 10U);
  EXPECT_EQ(taken(budget, 10, start + Seconds{60}), 10U);
  EXPECT_EQ(taken(budget, 5, start + Seconds{61}), 0U);
  EXPECT_EQ(budget.settle(start + Seconds{120}), 5U);
  EXPECT_EQ(taken(budget, 12, start + Seconds{120}), 10U);
}

TEST(LogBudget, keeps_its_bound_while_nobody_tells_what_was_left_out) {
  LogBudget budget;
  EXPECT_EQ(taken(budget, 11, start), 10U);
  EXPECT_EQ(taken(budget, 11, start + Seconds{3600}), 0U);
  EXPECT_EQ(budget.settle(start + Seconds{3600}), 12U);
}

TEST(LogBudget, tells_at_once_where_a_worker_ends) {
  LogBudget budget;
  taken(budget, 12, start);
  EXPECT_EQ(budget.settle(start, true), 2U);
}

TEST(LogBudget, is_not_silenced_by_a_clock_that_was_set_back) {
  LogBudget budget;
  EXPECT_EQ(taken(budget, 10, start + Seconds{86'400}), 10U);
  EXPECT_EQ(taken(budget, 10, start), 10U);
}

}  // namespace slo::log_budget_test
