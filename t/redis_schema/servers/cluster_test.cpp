// SPDX-License-Identifier: BSD-2-Clause
// What nodes of a cluster say, byte by byte: who has what, and who is to be asked instead.
#include "redis_schema/servers/cluster.h"

#include <gtest/gtest.h>

#include "redis_schema/sessions.h"
#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::cluster_test {

const Peer asked{"10.0.0.9", 7009}, first{"10.0.0.1", 7001}, second{"10.0.0.2", 7002};

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
std::string number(int value) { return ":" + std::to_string(value) + "\r\n"; }

// A row of CLUSTER SLOTS, with a replica that is passed over.
std::string row(int from, int to, const std::string& host, int port) {
  return "*4\r\n" + number(from) + number(to) + "*3\r\n" + host + number(port) + bulk("id1") + "*3\r\n" +
         bulk("10.0.0.7") + number(7007) + bulk("id2");
}

Outcome<ClusterMap> map_of(const std::vector<std::string>& rows) {
  std::string bytes = "*" + std::to_string(rows.size()) + "\r\n";
  for (const auto& each : rows) bytes += each;
  return read_bytes(ask_for_map(asked), bytes);
}

OwnedReply one_reply(const std::string& bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  return reply ? std::move(*reply) : nullptr;
}
std::optional<Redirection> redirected(const std::string& line) {
  return redirection_in(Reply(one_reply("-" + line + "\r\n").get()), asked);
}
bool is_too_early(const std::string& line) {
  return is_to_be_asked_again(Reply(one_reply("-" + line + "\r\n").get()));
}
TEST(Cluster, has_partitions_in_the_slots_of_their_tags) {
  EXPECT_EQ(slot_of(0), 128u);
  EXPECT_EQ(slot_of(63), 256u * 63 + 128);
  EXPECT_LT(slot_of(meta_partition), 16384u);
}

TEST(Cluster, tells_which_node_has_which_partition) {
  const auto map =
      map_of({row(0, 8191, bulk(first.host), first.port), row(8192, 16383, bulk(second.host), second.port)});
  ASSERT_TRUE(map);
  EXPECT_EQ(*map->node_of(0), first);
  EXPECT_EQ(*map->node_of(31), first);
  EXPECT_EQ(*map->node_of(32), second);
  EXPECT_EQ(*map->node_of(63), second);
  EXPECT_NE(map->node_of(meta_partition), nullptr);
  EXPECT_EQ(map->nodes(), (std::vector<Peer>{first, second}));
  EXPECT_EQ(map->orphans(), 0u);
}

TEST(Cluster, reads_a_range_for_each_slot) {
  std::string bytes = "*16384\r\n";
  for (int slot = 0; slot < 16384; ++slot)
    bytes += row(slot, slot, bulk(slot % 2 == 0 ? first.host : second.host), slot % 2 == 0 ? 7001 : 7002);
  ClusterMap alternating;
  for (std::uint16_t p = 0; p <= partitions; ++p) {
    const auto partition = p < partitions ? p : meta_partition;
    alternating.move(partition, slot_of(partition) % 2 == 0 ? first : second);
  }
  const auto reply = one_reply(bytes);
  const Reply view(reply.get());
  const auto map = ask_for_map(asked).read({&view, 1});
  ASSERT_TRUE(map);
  EXPECT_EQ(*map, alternating);
}

TEST(Cluster, means_the_node_that_was_asked_where_it_does_not_know_its_own_address) {
  for (const auto& nameless : {bulk(""), std::string("$-1\r\n")}) {
    const auto map = map_of({row(0, 16383, nameless, 7001)});
    ASSERT_TRUE(map);
    EXPECT_EQ(map->nodes(), (std::vector<Peer>{{asked.host, 7001}}));
  }
}

TEST(Cluster, may_leave_parts_to_nobody) {
  const auto map = map_of({row(0, 383, bulk(first.host), first.port), row(8192, 16383, bulk("?"), 7003)});
  ASSERT_TRUE(map);
  EXPECT_EQ(*map->node_of(0), first);
  EXPECT_EQ(map->node_of(1), nullptr);
  EXPECT_EQ(map->node_of(40), nullptr) << "a host that nobody knows";
  EXPECT_EQ(map->orphans(), 64u);
}

TEST(Cluster, that_tells_no_slots_is_none) {
  const Refusal unexpected = unexpected_reply("CLUSTER");
  for (const char* bytes : {"*0\r\n", ":1\r\n", "$-1\r\n", "*1\r\n*0\r\n", "*1\r\n:1\r\n"}) {
    const auto map = read_bytes(ask_for_map(asked), bytes);
    ASSERT_FALSE(map) << bytes;
    EXPECT_EQ(map.error(), unexpected) << bytes;
  }
  EXPECT_EQ(read_bytes(ask_for_map(asked), "-ERR This instance has cluster support disabled\r\n").error(),
            (Refusal{Fault::store_refused, "ERR"}));
  EXPECT_EQ(read_bytes(ask_for_map(asked), "-NOPERM this user has no permissions\r\n").error(),
            (Refusal{Fault::store_refused, "NOPERM"}));
}

TEST(Cluster, sends_on_for_good_or_for_once) {
  EXPECT_EQ(redirected("MOVED 3999 10.0.0.1:7001"), (Redirection{true, first}));
  EXPECT_EQ(redirected("ASK 3999 10.0.0.2:7002"), (Redirection{false, second}));
  EXPECT_EQ(redirected("MOVED 3999 2001:db8::1:7001"), (Redirection{true, {"2001:db8::1", 7001}}));
  EXPECT_EQ(redirected("MOVED 3999 node.example:7001"), (Redirection{true, {"node.example", 7001}}));
  EXPECT_EQ(redirected("MOVED 3999 :7001"), (Redirection{true, {asked.host, 7001}}));
  for (const char* line :
       {"MOVED", "MOVED 3999", "MOVED 3999 10.0.0.1", "MOVED 3999 10.0.0.1:0", "ASK 1 a b:x",
        "MOVEDX 3999 10.0.0.1:7001", "ERR MOVED 1 10.0.0.1:7001", "TRYAGAIN later"})
    EXPECT_EQ(redirected(line), std::nullopt) << line;
  EXPECT_EQ(redirection_in(Reply(nullptr), asked), std::nullopt);
  EXPECT_EQ(redirection_in(Reply(one_reply("+MOVED 1 10.0.0.1:7001\r\n").get()), asked), std::nullopt);
}

TEST(Cluster, is_asked_again_where_it_is_too_early) {
  EXPECT_TRUE(is_too_early("TRYAGAIN Multiple keys request during rehashing of slot"));
  EXPECT_TRUE(is_too_early("CLUSTERDOWN The cluster is down"));
  EXPECT_TRUE(is_too_early("UNBLOCKED force unblock from blocking operation, instance state changed"));
  EXPECT_FALSE(is_too_early("MOVED 1 10.0.0.1:7001"));
  EXPECT_FALSE(is_too_early("LOADING Redis is loading the dataset in memory"));
  EXPECT_FALSE(is_to_be_asked_again(Reply(nullptr)));
}

TEST(Cluster, writes_a_session_last_and_a_code_behind_its_cookie) {
  Registration registration{.key = {"sid-1"}, .client = {"app"}, .sub = {"alice"}};
  registration.cookie = CookieDigest{std::string(16, 'c')};
  const auto commands = register_participation(test_space, registration, "caller", Seconds{1}).commands;
  std::vector<bool> last;
  for (const auto& command : commands) last.push_back(command.comes_last);
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

}  // namespace slo::redis::cluster_test
