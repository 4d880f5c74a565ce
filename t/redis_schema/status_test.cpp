// SPDX-License-Identifier: BSD-2-Clause
// What the page of metrics asks: bytes, then a server.
#include <gtest/gtest.h>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::status_test {
namespace {

const Space other_space{.prefix = "slo", .issuer = "other"};

// As many replies as one issuer's backlog and counters have.
std::string replies_of(const std::string& backlog, const std::string& counters) {
  std::string bytes;
  for (unsigned i = 0; i < 2 * partitions; ++i) bytes += backlog;
  for (unsigned i = 0; i < partitions; ++i) bytes += counters;
  return bytes;
}
const std::string nothing = replies_of(":0\r\n", "*0\r\n");

}  // namespace

TEST(ReadStatuses, asks_for_all_in_one_batch) {
  auto expected = words_of(read_backlog(test_space));
  for (const auto& more : {words_of(read_counters(test_space)), words_of(read_backlog(other_space)),
                           words_of(read_counters(other_space))})
    expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(words_of(read_statuses({test_space, other_space})), expected);
}

TEST(ReadStatuses, keeps_what_is_refused_of_one_issuer_from_the_other) {
  const auto statuses = read_bytes(read_statuses({test_space, other_space}),
                                   replies_of(":1\r\n", "-NOPERM this user has no permissions\r\n") + nothing)
                            .value();
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[0].backlog, (Backlog{.pending = 64, .dead = 64}));
  EXPECT_EQ(statuses[0].counters.error(), (Refusal{Fault::store_refused, "NOPERM"}));
  EXPECT_EQ(statuses[1].backlog, Backlog{});
  EXPECT_EQ(statuses[1].counters.value().at("new"), 0);
}

TEST(ReadStatuses, refuses_fewer_or_more_replies_than_it_has_commands) {
  const auto exchange = read_statuses({test_space, other_space});
  for (const auto& bytes : {nothing, nothing + nothing + ":0\r\n"})
    EXPECT_EQ(read_bytes(exchange, bytes).error(), (Refusal{Fault::store_reply_unexpected, "ZCARD"}));
}

class StatusesInStore : public StoreTest {};

TEST_F(StatusesInStore, are_those_of_each_issuer) {
  run(register_participation(test_space, a_lesson("a")));
  run(register_participation(test_space, a_lesson("b")));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  EXPECT_EQ(settle_with(claim_all().at(0), Abandon{"404"}), Settled::dead);
  run(register_participation(other_space, a_lesson("c")));

  auto statuses = run(read_statuses({other_space, test_space}));
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[0].backlog, Backlog{});
  EXPECT_EQ(statuses[1].backlog, (Backlog{.pending = 1, .dead = 1}));
  for (auto& status : statuses)
    std::erase_if(*status.counters, [](const auto& one) { return one.second == 0; });
  EXPECT_EQ(statuses[0].counters, (StoreCounters{{"new", 1}}));
  EXPECT_EQ(statuses[1].counters, (StoreCounters{{"new", 1}, {"end:rp", 1}, {"enq", 2}, {"dead", 1}}));
}

TEST_F(StatusesInStore, of_nobody_are_none) { EXPECT_TRUE(run(read_statuses({})).empty()); }

}  // namespace slo::redis::status_test
