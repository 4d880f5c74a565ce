// SPDX-License-Identifier: BSD-2-Clause
// The URL that names sentinels: what it may hold, and what is refused in words that quote nothing of it.
#include "redis_schema/servers/sentinel_url.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace slo::redis::sentinel_url_test {

std::string why(const std::string& text) {
  const auto url = read_sentinel_url(text);
  return url ? "none" : url.error().detail;
}

TEST(SentinelUrl, names_sentinels_and_a_master) {
  const auto url =
      read_sentinel_url("redis-sentinel://S1.example,10.0.0.2:5000,[2001:DB8::1],[::1]:26380/my.master");
  ASSERT_TRUE(url);
  EXPECT_EQ(
      *url,
      (SentinelUrl{
          .sentinels = {{"s1.example", 26379}, {"10.0.0.2", 5000}, {"2001:db8::1", 26379}, {"::1", 26380}},
          .master = "my.master"}));
  EXPECT_EQ(url->shown(),
            "redis-sentinel://s1.example:26379,10.0.0.2:5000,[2001:db8::1]:26379,[::1]:26380/my.master");
}

TEST(SentinelUrl, may_have_credentials_of_the_servers_a_database_and_tls) {
  const auto url = read_sentinel_url("rediss-sentinel://slo:p%40ss@s1/main/3");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (SentinelUrl{.tls = true,
                               .userinfo = "slo:p%40ss",
                               .sentinels = {{"s1", 26379}},
                               .master = "main",
                               .database = 3}));
  EXPECT_EQ(url->shown(), "rediss-sentinel://s1:26379/main/3");
}

TEST(SentinelUrl, is_known_by_its_scheme) {
  EXPECT_TRUE(is_sentinel_url("redis-sentinel://s1/main"));
  EXPECT_TRUE(is_sentinel_url("rediss-sentinel://s1/main"));
  for (const char* text : {"redis://s1", "redis-sentinel:s1/main", "redis-cluster://s1", ""})
    EXPECT_FALSE(is_sentinel_url(text));
}

TEST(SentinelUrl, is_refused_in_words) {
  const std::string place =
      "must name each sentinel as host or host:port, with a port of 1 to 65535, and a comma between two";
  const std::string master =
      "must have the master's name behind the sentinels: letters, digits, \".\", \"_\" and \"-\"";
  for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, std::string>>{
           {"/main", "names no sentinel"},
           {"", "names no sentinel"},
           {"user:pass@/main", "names no sentinel"},
           {"s1,/main", place},
           {",s1/main", place},
           {"s1:/main", place},
           {"s1:0/main", place},
           {"s1:65536/main", place},
           {"s1:1x/main", place},
           {"s1 s2/main", place},
           {"[::1/main", place},
           {"[1]/main", place},
           {"[::1]26379/main", place},
           {"s1", master},
           {"s1/", master},
           {"s1/my%20master", master},
           {"s1/main/", "must have a database number behind the master's name"},
           {"s1/main/x", "must have a database number behind the master's name"},
           {"s1/main/65536", "must have a database number behind the master's name"},
           {"s1/main/0/1", "must have a database number behind the master's name"},
           {"s1/main?db=1", "must have neither a query nor a fragment"},
           {"s1/main#x", "must have neither a query nor a fragment"},
           {"a:b@c@s1/main", "must have one \"@\" at most, before its hosts"},
           {"a:b/c@s1/main", "must have one \"@\" at most, before its hosts"},
       }) {
    EXPECT_EQ(why(std::string("redis-sentinel://") + text), expected) << text;
  }
}

TEST(SentinelUrl, names_32_sentinels_at_most) {
  std::string list = "s0";
  for (int i = 1; i < 32; ++i) list += ",s" + std::to_string(i);
  EXPECT_EQ(why("redis-sentinel://" + list + "/main"), "none");
  EXPECT_EQ(why("redis-sentinel://" + list + ",more/main"),
            "must name at most 32 sentinels: they name the others");
}

}  // namespace slo::redis::sentinel_url_test
