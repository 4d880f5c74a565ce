// SPDX-License-Identifier: BSD-2-Clause
// The URL that names nodes: what it may hold, and what is refused in words that quote nothing of it.
#include "redis_schema/servers/cluster_url.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace slo::redis::cluster_url_test {

std::string why(const std::string& text) {
  const auto url = read_cluster_url(text);
  return url ? "none" : url.error().detail;
}

TEST(ClusterUrl, names_nodes) {
  const auto url = read_cluster_url("redis-cluster://N1.example,10.0.0.2:7000,[2001:DB8::1]");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (ClusterUrl{.nodes = {{"n1.example", 6379}, {"10.0.0.2", 7000}, {"2001:db8::1", 6379}}}));
  EXPECT_EQ(url->shown(), "redis-cluster://n1.example:6379,10.0.0.2:7000,[2001:db8::1]:6379");
}

TEST(ClusterUrl, may_have_credentials_and_tls) {
  const auto url = read_cluster_url("rediss-cluster://slo:p%40ss@n1:7000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (ClusterUrl{.tls = true, .userinfo = "slo:p%40ss", .nodes = {{"n1", 7000}}}));
  EXPECT_EQ(url->shown(), "rediss-cluster://n1:7000");
}

TEST(ClusterUrl, is_known_by_its_scheme) {
  EXPECT_TRUE(is_cluster_url("redis-cluster://n1"));
  EXPECT_TRUE(is_cluster_url("rediss-cluster://n1"));
  for (const char* text : {"redis://n1", "redis-cluster:n1", "redis-sentinel://n1/main", ""})
    EXPECT_FALSE(is_cluster_url(text));
}

TEST(ClusterUrl, is_refused_in_words) {
  const std::string place =
      "must name each node as host or host:port, with a port of 1 to 65535, and a comma between two";
  const std::string end = "must end with its nodes: a cluster has one database, and no master with a name";
  for (const auto& [rest, expected] : std::initializer_list<std::pair<const char*, std::string>>{
           {"", "names no node"},
           {"user:pass@", "names no node"},
           {"n1,", place},
           {"n1:0", place},
           {"n1:65536", place},
           {"n 1", place},
           {"n1/1", end},
           {"n1/main", end},
           {"n1?x", "must have neither a query nor a fragment"},
           {"a@b@n1", "must have one \"@\" at most, before its hosts"},
       }) {
    EXPECT_EQ(why("redis-cluster://" + std::string(rest)), expected) << rest;
  }
  std::string many = "redis-cluster://n0";
  for (int i = 1; i < 33; ++i) many += ",n" + std::to_string(i);
  EXPECT_EQ(why(many), "must name at most 32 nodes: they name the others");
}

}  // namespace slo::redis::cluster_url_test
