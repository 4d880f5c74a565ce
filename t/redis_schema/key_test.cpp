// SPDX-License-Identifier: BSD-2-Clause
#include "redis_schema/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "redis_schema/command.h"
#include "redis_schema/feed.h"
#include "redis_schema/script.h"

namespace slo::redis::key_test {

// What a cluster hashes a tag with: CRC16-CCITT (XMODEM), 16384 slots.
unsigned slot_of(std::string_view tag) {
  unsigned crc = 0;
  for (const char c : tag) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x8000) ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % 16384;
}

const Space space{.prefix = "slo", .issuer = "AbC-_9"};

TEST(Partition, tags_lie_in_the_middle_of_64_equal_parts_of_the_slots) {
  ASSERT_EQ(slot_of("123456789"), 0x31c3u);  // the checksum's check value
  std::set<std::string_view> seen;
  for (std::uint16_t p = 0; p < partitions; ++p) {
    const auto tag = tag_of(p);
    EXPECT_TRUE(!tag.empty() && tag.size() <= 3) << p;
    EXPECT_NEAR(static_cast<double>(slot_of(tag)), 256.0 * p + 128, 1) << tag;
    seen.insert(tag);
  }
  EXPECT_EQ(seen.size(), partitions);
}

TEST(Partition, is_fnv1a_64_of_the_value) {
  EXPECT_EQ(partition_of(""), 0xcbf29ce484222325 % 64);
  EXPECT_EQ(partition_of("a"), 0xaf63dc4c8601ec8c % 64);
  EXPECT_EQ(partition_of("foobar"), 0x85944171f73967e8 % 64);
}

TEST(Partition, takes_an_even_share_of_sids_that_look_alike) {
  std::array<int, partitions> share{};
  for (int i = 0; i < 64'000; ++i) ++share[partition_of("session-" + std::to_string(i))];
  const auto [least, most] = std::minmax_element(share.begin(), share.end());
  EXPECT_GT(*least, 800);
  EXPECT_LT(*most, 1200);
}

TEST(Key, names_prefix_partition_issuer_and_kind) {
  const auto p = partition_of("sid-1");
  const auto tag = std::string(tag_of(p));
  EXPECT_EQ(session_key(space, {"sid-1"}), "slo{" + tag + "}:AbC-_9:s:sid-1");
  EXPECT_EQ(expiry_key(space, 0), "slo{53t}:AbC-_9:x");
  EXPECT_EQ(queue_key(space, 1), "slo{j3j}:AbC-_9:q");
  EXPECT_EQ(feed_key(space, 63), "slo{802}:AbC-_9:rs");
  EXPECT_EQ(mark_key(space, {Mark::Of::sid, "sid-1", {}}), "slo{" + tag + "}:AbC-_9:r:sid-1");
  EXPECT_EQ(mark_key(space, {Mark::Of::sub, "sid-1", {}}), "slo{" + tag + "}:AbC-_9:ru:sid-1");
  EXPECT_EQ(jti_key(space, {Mark::Of::sid, "sid-1", {}}, "jti-1").find("slo{" + tag + "}:AbC-_9:j:"), 0u);
  EXPECT_EQ(schema_key("slo"), "slo{meta}:cfg");
}

TEST(Key, differs_by_kind_for_the_same_value) {
  const std::set<std::string> keys{
      session_key(space, {"v"}), subject_key(space, {"v"}),  cookie_key(space, {"v"}),
      alias_key(space, {"v"}),   ticket_key(space, "v"),     expiry_key(space, 5),
      queue_key(space, 5),       records_key(space, 5),      tokens_key(space, 5),
      dead_key(space, 5),        dead_records_key(space, 5), counters_key(space, 5),
      feed_key(space, 5),        schema_key("slo"),          issuers_key("slo"),
      done_key(space, 5),        claimed_key(space, 5, "c"), code_key(space, {"v"}),
  };
  EXPECT_EQ(keys.size(), 18u);
}

TEST(Key, keeps_the_bytes_of_a_cookie_digest) {
  const CookieDigest digest{std::string("\0\r\n}\xff{", 6)};
  const auto key = cookie_key(space, digest);
  EXPECT_EQ(key.substr(key.size() - 9), std::string(":k:\0\r\n}\xff{", 9));
  EXPECT_EQ(key.find('{'), 3u) << "a cluster hashes what stands between the first braces";
}

TEST(Key, lets_two_issuers_share_a_store_without_meeting) {
  const Space other{.prefix = "slo", .issuer = "zzzzzz"};
  EXPECT_NE(session_key(space, {"sid-1"}), session_key(other, {"sid-1"}));
  EXPECT_NE(queue_key(space, 3), queue_key(other, 3));
}

TEST(Key, shortens_a_long_client_id_and_only_that) {
  const ClientId fits{std::string(63, 'c')}, too_long{std::string(64, 'c')};
  EXPECT_EQ(stored_client(fits), fits);
  const auto stored = stored_client(too_long);
  EXPECT_EQ(stored, ClientId{"#UrZBnSe9f1R87juS-MF6kI"});
  EXPECT_EQ(stored_client(stored), stored);
}

TEST(Key, tells_which_commands_touch_a_space) {
  const Space here{.prefix = "slo", .issuer = "AbC-_9"}, there{.prefix = "slo", .issuer = "other"};
  const std::string key = session_key(here, {"sid-1"});
  const Command read{.words = {"HGETALL", key}};
  EXPECT_TRUE(touches(read, here));
  EXPECT_FALSE(touches(read, there));
  EXPECT_FALSE(touches(read, {.prefix = "slo2", .issuer = "AbC-_9"}));
  const auto scripted = run_script(claim_script, 0, {queue_key(there, 0), key}, {"1"});
  EXPECT_TRUE(touches(scripted, here)) << "any of its keys";
  EXPECT_FALSE(touches(run_script(claim_script, 0, {queue_key(there, 0)}, {key}), here))
      << "an argument is no key";
  EXPECT_FALSE(touches(run_script(greet_script, 0, {schema_key("slo"), issuers_key("slo")}, {}), here));
  EXPECT_FALSE(touches({.words = {"PING"}}, here));
  const FeedPlaces places{};
  const auto follow = read_feed({{&there, &places}, {&here, &places}}, 10, Millis{0}).commands.at(0);
  EXPECT_TRUE(touches(follow, here)) << "behind its options";
  EXPECT_FALSE(touches(follow, {.prefix = "slo", .issuer = "third"}));
}

}  // namespace slo::redis::key_test
