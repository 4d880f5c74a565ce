// SPDX-License-Identifier: BSD-2-Clause
// WAIT as Redis 7.0 answers it, and what must be waited for.
#include "redis_schema/servers/replicas.h"

#include <gtest/gtest.h>

#include <string>

#include "redis_schema/marks.h"
#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::replicas_test {

const auto question = [] { return count_replicas("slo", 3, {.replicas = 2, .time = Millis{150}}); };

Outcome<unsigned> answered(const std::string& resp) {
  return read_bytes(question(), "+OK\r\n" + resp + "\r\n");
}

TEST(Replicas, are_counted_behind_a_write_of_our_own) {
  const auto commands = question().commands;
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[0].words[0], "SET");
  EXPECT_EQ(commands[0].words[1], "slo{kec}:wait");
  EXPECT_EQ(commands[0].partition, 3);
  EXPECT_EQ(commands[1].words, (std::vector<std::string>{"WAIT", "2", "150"}));
}

TEST(Replicas, are_as_many_as_it_says) {
  EXPECT_EQ(answered(":0"), 0u);
  EXPECT_EQ(answered(":3"), 3u);
}

TEST(Replicas, are_unknown_to_who_may_not_ask) {
  EXPECT_EQ(answered("-NOPERM this user has no permissions to run the 'wait' command").error(),
            (Refusal{Fault::store_refused, "NOPERM"}));
  EXPECT_EQ(answered("-ERR unknown command 'WAIT', with args beginning with: '1'").error().fault,
            Fault::store_refused);
}

TEST(Replicas, are_unknown_of_a_master_that_became_a_replica) {
  EXPECT_EQ(
      answered(
          "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
          .error()
          .fault,
      Fault::store_unreachable);
  EXPECT_EQ(answered("+what").error().fault, Fault::store_reply_unexpected);
}

TEST(Replicas, confirm_what_somebody_is_told_to_have_ended) {
  const auto must_be_confirmed = [](const auto& exchange) {
    return exchange.commands.front().must_be_confirmed;
  };
  EXPECT_TRUE(must_be_confirmed(end_session(test_space, {"sid-1"}, end_terms())));
  EXPECT_TRUE(must_be_confirmed(end_participation(test_space, {"sid-1"}, {"app-a"}, end_terms())));
  EXPECT_TRUE(must_be_confirmed(put_mark(test_space, {.of = Mark::Of::sid, .value = "sid-1"}, {})));
}

TEST(Replicas, need_not_confirm_what_nobody_is_told) {
  auto terms = end_terms();
  terms.only_if_due = true;
  EXPECT_FALSE(end_session(test_space, {"sid-1"}, terms).commands.front().must_be_confirmed);
  for (const auto& command : register_participation(test_space, a_lesson()).commands)
    EXPECT_FALSE(command.must_be_confirmed);
}

class ReplicasOfAServer : public StoreTest {};

TEST_F(ReplicasOfAServer, are_none_where_it_is_alone) {
  EXPECT_EQ(run(count_replicas("slo", 0, {.replicas = 1, .time = Millis{20}})), 0u);
}

}  // namespace slo::redis::replicas_test
