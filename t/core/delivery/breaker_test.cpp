// SPDX-License-Identifier: BSD-2-Clause
#include "core/delivery/breaker.h"

#include <gtest/gtest.h>

#include <vector>

namespace slo::breaker_test {

constexpr BreakerPolicy policy{.failures = 3, .first = Millis{5000}, .max = Millis{15'000}};

Breaker opened_at(Millis now) {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.failed(policy, now);
  return breaker;
}

TEST(Breaker, opens_at_the_third_failure_in_a_row) {
  Breaker breaker;
  EXPECT_FALSE(breaker.failed(policy, Millis{1}));
  EXPECT_FALSE(breaker.failed(policy, Millis{2}));
  EXPECT_TRUE(breaker.lets_through(Millis{2}));
  EXPECT_TRUE(breaker.failed(policy, Millis{3}));
  EXPECT_FALSE(breaker.failed(policy, Millis{4})) << "it says so once";
  EXPECT_TRUE(breaker.is_open());
}

TEST(Breaker, forgets_failures_when_it_is_answered) {
  Breaker breaker;
  breaker.failed(policy, Millis{1});
  breaker.failed(policy, Millis{2});
  EXPECT_FALSE(breaker.answered());
  EXPECT_FALSE(breaker.failed(policy, Millis{3}));
  EXPECT_FALSE(breaker.is_open());
}

TEST(Breaker, lets_a_probe_through_when_its_interval_is_over) {
  const Breaker breaker = opened_at(Millis{100});
  EXPECT_FALSE(breaker.lets_through(Millis{5099}));
  EXPECT_EQ(breaker.closed_for(Millis{5000}), Millis{100});
  EXPECT_TRUE(breaker.lets_through(Millis{5100}));
  EXPECT_EQ(breaker.closed_for(Millis{6000}), Millis{0});
}

TEST(Breaker, waits_twice_as_long_after_each_probe_that_fails_up_to_its_maximum) {
  Breaker breaker = opened_at(Millis{0});
  std::vector<Millis> intervals{breaker.interval()};
  for (Millis now{100'000}; intervals.size() < 4; now += Millis{100'000}) {
    breaker.failed(policy, now);
    intervals.push_back(breaker.interval());
  }
  EXPECT_EQ(intervals, (std::vector{Millis{5000}, Millis{10'000}, Millis{15'000}, Millis{15'000}}));
}

TEST(Breaker, closes_when_a_probe_is_answered_and_begins_anew) {
  Breaker breaker = opened_at(Millis{0});
  breaker.failed(policy, Millis{5000});
  EXPECT_TRUE(breaker.answered());
  EXPECT_TRUE(breaker.lets_through(Millis{5001}));
  for (int i = 0; i < 3; ++i) breaker.failed(policy, Millis{6000});
  EXPECT_EQ(breaker.interval(), Millis{5000});
}

TEST(Breaker, learns_nothing_from_calls_that_were_under_way_when_it_opened) {
  Breaker breaker = opened_at(Millis{100});
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.failed(policy, Millis{200}));
  EXPECT_EQ(breaker.interval(), Millis{5000});
  EXPECT_TRUE(breaker.lets_through(Millis{5100}));
}

TEST(Breaker, has_one_probe_at_a_time) {
  Breaker breaker = opened_at(Millis{0});
  breaker.begin_probe();
  EXPECT_FALSE(breaker.lets_through(Millis{6000}));
  EXPECT_EQ(breaker.closed_for(Millis{6000}), Millis{5000});
  breaker.end_probe();
  EXPECT_TRUE(breaker.lets_through(Millis{6000}));
}

TEST(Breaker, is_forgotten_when_nobody_wanted_its_probe_for_an_interval) {
  Breaker breaker = opened_at(Millis{0});
  EXPECT_FALSE(breaker.forget_idle(policy, Millis{9999}));
  EXPECT_TRUE(breaker.forget_idle(policy, Millis{10'000}));
  EXPECT_FALSE(breaker.is_open());
  EXPECT_FALSE(breaker.forget_idle(policy, Millis{20'000})) << "it says so once";
}

TEST(Breaker, opens_again_at_the_first_failure_after_it_was_forgotten) {
  Breaker breaker = opened_at(Millis{0});
  breaker.failed(policy, Millis{5000});
  EXPECT_TRUE(breaker.forget_idle(policy, Millis{25'000}));
  EXPECT_TRUE(breaker.failed(policy, Millis{30'000}));
  EXPECT_EQ(breaker.interval(), Millis{5000}) << "anew";
  EXPECT_EQ(breaker.closed_for(Millis{30'000}), Millis{5000});
}

TEST(Breaker, forgets_all_failures_when_it_is_answered_after_it_was_forgotten) {
  Breaker breaker = opened_at(Millis{0});
  breaker.forget_idle(policy, Millis{10'000});
  EXPECT_FALSE(breaker.answered()) << "it was not open";
  EXPECT_FALSE(breaker.failed(policy, Millis{11'000}));
}

TEST(Breaker, is_not_forgotten_while_somebody_probes_or_wants_to) {
  Breaker breaker = opened_at(Millis{0});
  breaker.want();
  EXPECT_FALSE(breaker.forget_idle(policy, Millis{60'000})) << "waits for its turn";
  breaker.begin_probe();
  EXPECT_FALSE(breaker.forget_idle(policy, Millis{60'000}));
  breaker.release(1);
  EXPECT_FALSE(breaker.forget_idle(policy, Millis{60'000}));
  breaker.end_probe();
  EXPECT_TRUE(breaker.forget_idle(policy, Millis{60'000}));
}

}  // namespace slo::breaker_test
