// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/marks/mark_table.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace slo::ngx::mark_table_test {
namespace {

constexpr std::uint64_t one = std::uint64_t{1} << 40, two = one * 2, three = one * 3;
constexpr TimeS now{Seconds(1'796'000'000)};

// Fingerprints as a keyed hash makes them.
std::vector<std::uint64_t> fingerprints(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 dice(seed);
  std::vector<std::uint64_t> all(count);
  for (auto& each : all) each = dice();
  return all;
}

}  // namespace

class Marks : public testing::Test {
 protected:
  MarkTable::Put put(std::uint64_t fingerprint, TimeS at = now, bool is_proven = true) {
    return table_.put(fingerprint, {.at = at, .now = now, .is_proven = is_proven});
  }

  std::vector<MarkTable::Bucket> buckets_ = std::vector<MarkTable::Bucket>(1000);
  MarkTable table_{buckets_};
};

TEST_F(Marks, are_found_with_their_second_and_nothing_else_is) {
  const auto marked = fingerprints(2000), others = fingerprints(100'000, 2);
  for (std::size_t i = 0; i < marked.size(); ++i)
    ASSERT_EQ(put(marked[i], now - Seconds(i)), MarkTable::Put::added);
  for (std::size_t i = 0; i < marked.size(); ++i) ASSERT_EQ(table_.find(marked[i], now), now - Seconds(i));
  for (const auto other : others) ASSERT_EQ(table_.find(other, now), std::nullopt);
}

TEST_F(Marks, of_the_same_name_keep_the_later_second) {
  EXPECT_EQ(put(7, now - Seconds(10)), MarkTable::Put::added);
  EXPECT_EQ(put(7, now - Seconds(20)), MarkTable::Put::known);
  EXPECT_EQ(table_.find(7, now), now - Seconds(10));
  EXPECT_EQ(put(7, now), MarkTable::Put::known);
  EXPECT_EQ(table_.find(7, now), now);
}

TEST_F(Marks, may_have_any_fingerprint) {
  for (const std::uint64_t odd : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    EXPECT_EQ(put(odd), MarkTable::Put::added) << odd;
    EXPECT_EQ(table_.find(odd, now), now) << odd;
  }
}

TEST_F(Marks, keep_seconds_of_the_longest_retention_and_those_that_are_a_little_ahead) {
  std::uint64_t name = 100;
  for (const Seconds age : {Seconds(-3600), Seconds(-1), Seconds(0), MarkTable::longest_retention}) {
    put(++name << 40, now - age);
    EXPECT_EQ(table_.find(name << 40, now), now - age) << age.count();
  }
}

TEST_F(Marks, of_a_clock_that_is_far_ahead_are_not_taken_for_old_ones) {
  constexpr Seconds ahead{30 * 24 * 3600};
  put(7, now + ahead);
  EXPECT_GT(table_.find(7, now), now);
  EXPECT_EQ(table_.sweep(0, table_.buckets(), now - Seconds(7 * 24 * 3600), now).proven, 0u);
  EXPECT_TRUE(table_.find(7, now));
}

TEST_F(Marks, are_never_evicted_when_there_is_no_room_for_more) {
  const auto all = fingerprints(12'000);
  std::vector<std::uint64_t> taken;
  std::size_t first_refused = 0;
  for (const auto each : all) {
    if (put(each) == MarkTable::Put::added)
      taken.push_back(each);
    else if (first_refused == 0)
      first_refused = taken.size();
  }
  EXPECT_LE(taken.size(), table_.capacity());
  EXPECT_GT(first_refused, table_.capacity() * 6 / 10) << "of that share the manual speaks";
  for (const auto each : taken) ASSERT_EQ(table_.find(each, now), now);
}

TEST_F(Marks, go_when_they_are_old_whatever_proved_them_and_make_room) {
  put(one, now - Seconds(100));
  put(two, now - Seconds(100), false);
  put(three, now - Seconds(50), false);
  std::size_t proven = 0, unproven = 0;
  for (std::size_t first = 0; first < table_.buckets(); first += 100) {
    const auto swept = table_.sweep(first, 100, now - Seconds(60), now);
    proven += swept.proven, unproven += swept.unproven;
  }
  EXPECT_EQ(proven, 1u);
  EXPECT_EQ(unproven, 1u);
  EXPECT_EQ(table_.find(one, now), std::nullopt);
  EXPECT_EQ(table_.find(two, now), std::nullopt);
  EXPECT_EQ(table_.find(three, now), now - Seconds(50));
}

TEST_F(Marks, of_a_proof_later_on_count_as_they_did) {
  put(one, now - Seconds(100), false);
  put(one, now - Seconds(90), true);
  const auto swept = table_.sweep(0, table_.buckets(), now, now);
  EXPECT_EQ(swept.proven, 0u);
  EXPECT_EQ(swept.unproven, 1u);
}

TEST_F(Marks, are_seen_by_who_reads_while_others_are_written) {
  const auto before = fingerprints(1000), during = fingerprints(3000, 2);
  for (const auto each : before) put(each);
  std::size_t missed = 0;
  {
    const std::jthread reader([&](const std::stop_token& stop) {
      while (!stop.stop_requested())
        for (const auto each : before) missed += table_.find(each, now) ? 0u : 1u;
    });
    for (const auto each : during) put(each);
    table_.sweep(0, table_.buckets(), now - Seconds(10), now);
  }
  EXPECT_EQ(missed, 0u);
}

TEST(MarksWithoutRoom, take_and_know_none) {
  MarkTable table({});
  EXPECT_EQ(table.put(one, {.at = now, .now = now}), MarkTable::Put::full);
  EXPECT_EQ(table.find(one, now), std::nullopt);
  EXPECT_EQ(table.sweep(0, 10, now, now).proven, 0u);
}

}  // namespace slo::ngx::mark_table_test
