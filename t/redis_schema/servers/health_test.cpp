// SPDX-License-Identifier: BSD-2-Clause
// INFO as Redis 7.0 writes it, and others, older and newer, with less and more in it.
#include "redis_schema/servers/health.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::health_test {

constexpr std::string_view redis_7 =
    "# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nused_memory:914584\r\nused_memory_human:893.15K\r\n"
    "used_memory_peak:1000000\r\nmaxmemory:2097152\r\nmaxmemory_human:2.00M\r\nmaxmemory_policy:allkeys-"
    "lru\r\n"
    "\r\n# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:ok\r\naof_enabled:1\r\n"
    "aof_last_bgrewrite_status:ok\r\naof_last_write_status:ok\r\n\r\n# Replication\r\nrole:master\r\n"
    "connected_slaves:3\r\nslave0:ip=10.0.0.1,port=6379,state=online,offset=1000,lag=0\r\n"
    "slave1:ip=10.0.0.2,port=6379,state=online,offset=1400,lag=1\r\n"
    "slave2:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0\r\nmaster_repl_offset:1500\r\n"
    "repl_backlog_size:1048576\r\n";

TEST(Health, is_read_from_redis_7) {
  EXPECT_EQ(read_health(redis_7), (Health{.is_master = true,
                                          .memory_used = 914584,
                                          .memory_limit = 2097152,
                                          .policy = "allkeys-lru",
                                          .append_only = true,
                                          .saves = true,
                                          .replicas = 3,
                                          .replica_lag = 500}));
  EXPECT_TRUE(read_health(redis_7).evicts());
}

// Redis 5 and 6 name the last lines otherwise, Valkey adds some of its own; a proxy shows a part.
TEST(Health, is_read_from_others_as_far_as_they_tell) {
  EXPECT_EQ(read_health("# Replication\nrole:slave\nmaster_link_status:up\nconnected_slaves:0\n"
                        "slave_repl_offset:77\nmaster_repl_offset:77\n"),
            (Health{.is_master = false, .replicas = 0}));
  EXPECT_EQ(read_health("server_name:valkey\r\nvalkey_version:8.0.1\r\nused_memory:5\r\nmaxmemory:0\r\n"
                        "maxmemory_policy:noeviction\r\nrole:master\r\navailability_zone:\r\n"),
            (Health{.is_master = true, .memory_used = 5, .memory_limit = 0, .policy = "noeviction"}));
  EXPECT_EQ(read_health("slave0:ip=::1,port=1,state=online,offset=9\nmaster_repl_offset:5\n").replica_lag,
            0u);
}

TEST(Health, is_unknown_where_nothing_is_said_or_it_is_no_sense) {
  for (const char* text :
       {"", "\r\n", ":", "role", "used_memory:", "used_memory:many", "maxmemory:-1", "aof_enabled:2",
        "connected_slaves:1x", "slave:offset=1", "slave0:", "slaveX:offset=1", "rdb_last_bgsave_status:soon",
        "used_memory:99999999999999999999999"})
    EXPECT_EQ(read_health(text), Health{}) << text;
}

TEST(Health, saves_where_all_its_files_were_written) {
  EXPECT_EQ(read_health("rdb_last_bgsave_status:err\naof_last_write_status:ok\n").saves, false);
  EXPECT_EQ(read_health("rdb_last_bgsave_status:ok\naof_last_write_status:err\n").saves, false);
  EXPECT_EQ(read_health("rdb_last_bgsave_status:ok\n").saves, true);
}

TEST(Health, evicts_nothing_without_a_limit) {
  EXPECT_FALSE(read_health("maxmemory:0\nmaxmemory_policy:allkeys-lru\n").evicts());
  EXPECT_FALSE(read_health("maxmemory:9\nmaxmemory_policy:noeviction\n").evicts());
}

Troubles of_memory(std::uint64_t used, std::uint64_t limit, Troubles before = {}) {
  return troubles_of({.memory_used = used, .memory_limit = limit, .policy = "noeviction"}, before);
}

TEST(Health, is_troubled_from_ninety_percent_of_its_memory_down_to_eighty_five) {
  const Troubles full{.is_nearly_full = true};
  EXPECT_EQ(of_memory(900, 1000), Troubles{});
  EXPECT_EQ(of_memory(901, 1000), full);
  EXPECT_EQ(of_memory(851, 1000, full), full);
  EXPECT_EQ(of_memory(850, 1000, full), Troubles{});
  EXPECT_EQ(of_memory(901, 0, full), Troubles{});
  EXPECT_EQ(of_memory(~0ull, ~0ull), full);
}

TEST(Health, stays_as_it_was_where_nothing_is_said) {
  const Troubles all{.evicts = true, .is_nearly_full = true, .cannot_save = true};
  EXPECT_EQ(troubles_of({}, all), all);
  EXPECT_EQ(troubles_of({}, {}), Troubles{});
  EXPECT_EQ(troubles_of(read_health(redis_7), all), (Troubles{.evicts = true}));
}

TEST(Health, has_the_same_gauges_whatever_is_known) {
  const auto known = gauges_of(read_health(redis_7)), unknown = gauges_of({});
  ASSERT_EQ(known.size(), unknown.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    EXPECT_EQ(known[i].name, unknown[i].name);
    EXPECT_TRUE(known[i].value);
    EXPECT_FALSE(unknown[i].value);
  }
}

TEST(Health, is_refused_by_an_acl) {
  EXPECT_EQ(read_bytes(ask_health(), "-NOPERM this user has no permissions to run the 'info' command\r\n"),
            (Outcome<Health>(refuse(Fault::store_refused, "NOPERM"))));
}

class HealthOfAServer : public StoreTest {};

TEST_F(HealthOfAServer, is_all_there) {
  const Health health = run(ask_health());
  EXPECT_EQ(health.is_master, true);
  EXPECT_GT(health.memory_used, 0u);
  EXPECT_EQ(health.memory_limit, 0u);
  EXPECT_EQ(health.append_only, false);
  EXPECT_EQ(health.saves, true);
  EXPECT_EQ(health.replicas, 0u);
}

}  // namespace slo::redis::health_test
