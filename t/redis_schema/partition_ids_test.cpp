// SPDX-License-Identifier: BSD-2-Clause
// Ids of partitions, against a server.
#include "redis_schema/partition_ids.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::partition_ids_test {

const std::string mine = "Mine_id-of-22-letters_", another = "another_id-of-22-chars";

class Ids : public StoreTest {
 protected:
  PartitionIds agree(const std::string& id) { return run(agree_on_partition_ids("slo", id)); }
  void put_in_place_of_the_seventh(std::vector<std::string> words) {
    check_request({"DEL", id_key("slo", 7)});
    check_request(std::move(words));
  }
  void TearDown() override {
    if (server()) check_request({"CONFIG", "SET", "maxmemory", "0"});
  }
};

PartitionIds all(const PartitionId& id) {
  PartitionIds ids{};
  std::ranges::fill(ids, id);
  return ids;
}

PartitionIds all_but_the_seventh(const PartitionId& id, const PartitionId& the_seventh) {
  auto ids = all(id);
  ids.at(7) = the_seventh;
  return ids;
}

TEST_F(Ids, are_written_once_and_then_read) {
  EXPECT_EQ(agree(mine), all({.id = mine, .is_new = true}));
  EXPECT_EQ(agree(another), all({.id = mine}));
  EXPECT_EQ(run(agree_on_partition_ids("other", another)), all({.id = another, .is_new = true}))
      << "another prefix is another store";
  EXPECT_EQ(number({"DBSIZE"}), 128);
}

TEST_F(Ids, of_what_was_emptied_are_others) {
  agree(mine);
  check_request({"DEL", id_key("slo", 7)});
  EXPECT_EQ(agree(another), all_but_the_seventh({.id = mine}, {.id = another, .is_new = true}));
}

TEST_F(Ids, take_the_place_of_whatever_is_none_and_say_so_to_everybody) {
  const std::string key = id_key("slo", 7);
  const std::vector<std::vector<std::string>> strangers{
      {"HSET", key, "a", "hash"},
      {"RPUSH", key, "a list"},
      {"SET", key, ""},
      {"SET", key, mine.substr(1)},
      {"SET", key, mine + "x"},
      {"SET", key, mine + "!!"},
      {"SET", key, mine.substr(1) + "."},
      {"SET", key, mine.substr(1) + std::string("\0", 1)},
      {"SETRANGE", key, "60000000", "x"},
  };
  agree(mine);
  for (const auto& words : strangers) {
    put_in_place_of_the_seventh(words);
    EXPECT_EQ(agree(another),
              all_but_the_seventh({.id = mine}, {.id = another + "!", .is_new = true, .is_substitute = true}))
        << words.at(0) << " " << words.back().size();
    EXPECT_EQ(agree(mine),
              all_but_the_seventh({.id = mine, .is_new = true}, {.id = another + "!", .is_substitute = true}))
        << "it stays, and is told to whoever asks later";
  }
}

TEST_F(Ids, are_written_on_a_full_server_too) {
  agree(mine);
  put_in_place_of_the_seventh({"SET", id_key("slo", 7), "stranger"});
  check_request({"DEL", id_key("slo", 8)});
  check_request({"CONFIG", "SET", "maxmemory", "100kb"});
  auto ids = all_but_the_seventh({.id = mine}, {.id = another + "!", .is_new = true, .is_substitute = true});
  ids.at(8) = {.id = another, .is_new = true};
  EXPECT_EQ(agree(another), ids);
}

TEST(PartitionIdReplies, of_who_does_not_say_are_empty) {
  const auto refused = error_reply("NOPERM no");
  const std::vector replies(partitions, Reply(refused.get()));
  EXPECT_EQ(*agree_on_partition_ids("slo", mine).read(replies), PartitionIds{});
}

TEST(PartitionIdCommands, lie_in_their_partitions_and_stand_alone) {
  const auto exchange = agree_on_partition_ids("slo", mine);
  ASSERT_EQ(exchange.commands.size(), partitions);
  for (std::size_t i = 0; i < exchange.commands.size(); ++i) {
    EXPECT_EQ(exchange.commands[i].partition, i);
    EXPECT_TRUE(exchange.commands[i].stands_alone);
  }
}

}  // namespace slo::redis::partition_ids_test
