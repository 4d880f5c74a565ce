// SPDX-License-Identifier: BSD-2-Clause
#include "core/keys/fetch_plan.h"

#include <gtest/gtest.h>

#include <vector>

namespace slo::fetch_plan_test {
namespace {

constexpr Millis now{1'000'000};
constexpr Millis minute{60'000};

// After a fetch that was good, in seconds until the next one.
double next_after(std::optional<Seconds> max_age, std::uint32_t dice = 0) {
  FetchPlan plan;
  note_fetched(plan, now, max_age, dice);
  return static_cast<double>((plan.due - now).count()) / 1000;
}

// The pauses of fetches that fail one after the other, in seconds.
std::vector<long long> pauses(FetchPlan plan, int count) {
  std::vector<long long> all;
  Millis at = now;
  for (int i = 0; i < count; ++i) {
    note_not_fetched(plan, at, 0);
    all.push_back((plan.due - at).count() / 1000);
    at = plan.due;
  }
  return all;
}

}  // namespace

TEST(FetchPlan, begins_at_once) {
  EXPECT_TRUE(is_due(FetchPlan{}, Millis{0}));
  EXPECT_TRUE(is_due(FetchPlan{}, now));
}

TEST(FetchPlan, refreshes_hourly_or_by_max_age_within_a_minute_and_a_day) {
  EXPECT_EQ(next_after(std::nullopt), 3600);
  EXPECT_EQ(next_after(Seconds{600}), 600);
  EXPECT_EQ(next_after(Seconds{0}), 60);
  EXPECT_EQ(next_after(Seconds{59}), 60);
  EXPECT_EQ(next_after(Seconds{86'401}), 86'400);
}

TEST(FetchPlan, refreshes_a_tenth_sooner_at_most) {
  for (std::uint32_t dice : {0U, 1U, 50U, 100U, 101U, 4'294'967'295U}) {
    EXPECT_LE(next_after(std::nullopt, dice), 3600) << dice;
    EXPECT_GE(next_after(std::nullopt, dice), 3240) << dice;
  }
  EXPECT_EQ(next_after(std::nullopt, 100), 3240);
}

TEST(FetchPlan, tries_again_ever_more_rarely) {
  EXPECT_EQ(pauses({.had = now - minute}, 9), (std::vector<long long>{1, 2, 4, 8, 16, 32, 60, 60, 60}));
}

TEST(FetchPlan, waits_for_an_op_that_has_never_answered_by_seconds_and_after_minutes_by_a_minute) {
  const auto all = pauses({}, 62);
  EXPECT_EQ(std::vector<long long>(all.begin(), all.begin() + 5), (std::vector<long long>{1, 2, 4, 5, 5}));
  EXPECT_EQ(all[59], 5);
  EXPECT_EQ(all[60], 60);
}

TEST(FetchPlan, says_which_failure_is_the_first_and_which_success_ends_them) {
  FetchPlan plan;
  EXPECT_FALSE(note_fetched(plan, now, std::nullopt, 0));
  EXPECT_TRUE(note_not_fetched(plan, now, 0));
  EXPECT_FALSE(note_not_fetched(plan, now, 0));
  EXPECT_EQ(plan.had, now);
  EXPECT_TRUE(note_fetched(plan, now + minute, std::nullopt, 0));
  EXPECT_EQ(plan, (FetchPlan{.due = now + minute * 61, .had = now + minute}));
}

TEST(FetchPlan, lets_an_unknown_key_ask_at_most_once_in_half_a_minute) {
  FetchPlan plan;
  note_fetched(plan, now, std::nullopt, 0);
  EXPECT_TRUE(ask_for_fetch(plan, now + Millis{1}));
  EXPECT_TRUE(is_due(plan, now + Millis{1}));
  note_fetched(plan, now + Millis{100}, std::nullopt, 0);
  EXPECT_FALSE(ask_for_fetch(plan, now + Millis{30'000}));
  EXPECT_FALSE(is_due(plan, now + Millis{30'000}));
  EXPECT_TRUE(ask_for_fetch(plan, now + Millis{30'001}));
}

TEST(FetchPlan, lets_an_unknown_key_ask_on_a_host_that_has_just_started) {
  FetchPlan plan;
  EXPECT_TRUE(ask_for_fetch(plan, Millis{0}));
  EXPECT_FALSE(ask_for_fetch(plan, Millis{29'999}));
}

TEST(CacheControl, tells_its_max_age) {
  EXPECT_EQ(max_age_of("max-age=600"), Seconds{600});
  EXPECT_EQ(max_age_of("public, MAX-AGE=600 , must-revalidate"), Seconds{600});
  EXPECT_EQ(max_age_of("max-age=\"600\""), Seconds{600});
  EXPECT_EQ(max_age_of("max-age=99999999999999999999999"), Seconds{86'400});
  for (const char* text : {"", "no-store", "s-maxage=600", "max-age", "max-age=", "max-age=-1", "max-age=1s",
                           "max-age=\"", "x-max-age=5", ",,"}) {
    EXPECT_EQ(max_age_of(text), std::nullopt) << text;
  }
}

}  // namespace slo::fetch_plan_test
