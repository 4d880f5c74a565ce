// SPDX-License-Identifier: BSD-2-Clause
// Servers as others name them: what is believed of a name and a port.
#include "redis_schema/servers/peer.h"

#include <gtest/gtest.h>

namespace slo::redis::peer_test {

TEST(Peer, is_written_with_its_port) {
  EXPECT_EQ(name_of({"10.0.0.1", 6379}), "10.0.0.1:6379");
  EXPECT_EQ(name_of({"::1", 7000}), "[::1]:7000");
}

TEST(Peer, is_a_name_or_an_address_with_a_port) {
  EXPECT_EQ(read_peer("node-1.example", "7000"), (Peer{"node-1.example", 7000}));
  EXPECT_EQ(read_peer("2001:db8::1", "1"), (Peer{"2001:db8::1", 1}));
  for (const char* port : {"", "0", "65536", "x", "7000x", "-1"})
    EXPECT_EQ(read_peer("n1", port), std::nullopt) << port;
  for (const char* host : {"", "n 1", "n1/x", "n1\r\nX", "?"})
    EXPECT_EQ(read_peer(host, "7000"), std::nullopt) << host;
  EXPECT_EQ(read_peer(std::string(256, 'a'), "7000"), std::nullopt);
}

TEST(Peer, is_in_a_list_or_not) {
  EXPECT_TRUE(contains({{"a", 1}, {"b", 2}}, {"b", 2}));
  EXPECT_FALSE(contains({{"a", 1}, {"b", 2}}, {"b", 1}));
}

}  // namespace slo::redis::peer_test
