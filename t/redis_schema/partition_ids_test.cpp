// SPDX-License-Identifier: BSD-2-Clause
// Ids of partitions, against a server.
#include "redis_schema/partition_ids.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::partition_ids_test {

class Ids : public StoreTest {
 protected:
  PartitionIds agree(const std::string& id) { return run(agree_on_partition_ids("slo", id)); }
};

PartitionIds all(const std::string& id) {
  PartitionIds ids{};
  std::ranges::fill(ids, id);
  return ids;
}

TEST_F(Ids, are_written_once_and_then_read) {
  EXPECT_EQ(agree("mine"), all("mine"));
  EXPECT_EQ(agree("another"), all("mine"));
  EXPECT_EQ(run(agree_on_partition_ids("other", "new")), all("new")) << "another prefix is another store";
  EXPECT_EQ(number({"DBSIZE"}), 128);
}

TEST_F(Ids, of_what_was_emptied_are_others) {
  agree("mine");
  check_request({"DEL", id_key("slo", 7)});
  auto ids = all("mine");
  ids.at(7) = "another";
  EXPECT_EQ(agree("another"), ids);
}

TEST_F(Ids, of_who_does_not_say_are_empty) {
  agree("mine");
  check_request({"DEL", id_key("slo", 7)});
  check_request({"HSET", id_key("slo", 7), "a", "hash"});
  auto ids = all("mine");
  ids.at(7) = "";
  EXPECT_EQ(agree("another"), ids);
}

TEST(PartitionIdCommands, lie_in_their_partitions_and_stand_alone) {
  const auto exchange = agree_on_partition_ids("slo", "mine");
  ASSERT_EQ(exchange.commands.size(), 128U);
  for (std::size_t i = 0; i < exchange.commands.size(); ++i) {
    EXPECT_EQ(exchange.commands[i].partition, i / 2);
    EXPECT_TRUE(exchange.commands[i].stands_alone);
  }
}

}  // namespace slo::redis::partition_ids_test
