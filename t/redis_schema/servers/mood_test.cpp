// SPDX-License-Identifier: BSD-2-Clause
// Error lines as Redis 7.0 writes them (and 6.2, which wraps those of scripts), and what they say of the
// server.
#include "redis_schema/servers/mood.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace slo::redis::mood_test {

OwnedReply error_reply(const std::string& line) {
  ReplyReader reader;
  reader.feed("-" + line + "\r\n");
  auto reply = reader.next();
  return reply ? std::move(*reply) : nullptr;
}

std::optional<std::string> why(const std::string& line) {
  return why_it_cannot_serve(Reply(error_reply(line).get()));
}

TEST(Mood, is_known_by_the_code_of_an_answer) {
  using Row = std::pair<const char*, const char*>;
  for (const auto& [line, expected] : std::initializer_list<Row>{
           {"READONLY You can't write against a read only replica.",
            "it is a replica and takes no writes (READONLY)"},
           {"LOADING Redis is loading the dataset in memory", "it is loading its data (LOADING)"},
           {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "it is a replica that has lost its primary (MASTERDOWN)"},
           {"CLUSTERDOWN Hash slot not served",
            "its cluster does not serve this part of the data (CLUSTERDOWN)"},
           {"CLUSTERDOWN The cluster is down",
            "its cluster does not serve this part of the data (CLUSTERDOWN)"},
           {"NOREPLICAS Not enough good replicas to write.",
            "it takes no writes, since it has too few replicas (NOREPLICAS)"},
           {"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
            "disk.",
            "it takes no writes, since it cannot save them (MISCONF)"},
           {"MISCONF Errors writing to the AOF file: No space left on device",
            "it takes no writes, since it cannot save them (MISCONF)"},
           {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "a script keeps it busy (BUSY)"},
           {"NOAUTH Authentication required.", "it asks for a password (NOAUTH)"},
           {"MOVED 3999 10.0.0.1:7001",
            "it is a node of a cluster: the URL must begin with redis-cluster:// (MOVED)"},
           {"CROSSSLOT Keys in request don't hash to the same slot",
            "it is a node of a cluster: the URL must begin with redis-cluster:// (CROSSSLOT)"},
       }) {
    EXPECT_EQ(why(line), expected);
  }
}

TEST(Mood, of_a_node_of_a_cluster_may_be_of_one_command_alone) {
  for (const char* line : {"MOVED 1 a:1", "ASK 1 a:1", "CROSSSLOT Keys", "CLUSTERDOWN Hash slot not served"})
    EXPECT_TRUE(is_of_clusters(Reply(error_reply(line).get()))) << line;
  EXPECT_FALSE(is_of_clusters(Reply(error_reply("LOADING it").get())));
  EXPECT_FALSE(is_of_clusters(Reply(nullptr)));
}

TEST(Mood, is_known_from_inside_a_script) {
  EXPECT_EQ(why("READONLY You can't write against a read only replica. script: "
                "87c4726e47a0e13515df8325414edbad6da7b721, on @user_script:1."),
            "it is a replica and takes no writes (READONLY)");
  EXPECT_EQ(why("NOREPLICAS Not enough good replicas to write. script: "
                "87c4726e47a0e13515df8325414edbad6da7b721, on "
                "@user_script:1."),
            "it takes no writes, since it has too few replicas (NOREPLICAS)");
  EXPECT_EQ(
      why("ERR Error running script (call to f_87c4726e47a0e13515df8325414edbad6da7b721): @user_script:1: "
          "@user_script: 1: -READONLY You can't write against a read only replica."),
      "it is a replica and takes no writes (READONLY)");
}

TEST(Mood, of_the_server_is_not_what_a_command_suffers_from) {
  for (const char* line : {
           "ERR value is not an integer or out of range",
           "ERR Script killed by user with SCRIPT KILL... script: 694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7, "
           "on "
           "@user_script:1.",
           "WRONGTYPE Operation against a key holding the wrong kind of value",
           "NOSCRIPT No matching script. Please use EVAL.",
           "OOM command not allowed when used memory > 'maxmemory'.",
           "NOPERM this user has no permissions to run the 'evalsha' command",
           "ERR The user executing the script can't run this command or subcommand script: "
           "87c4726e47a0e13515df8325414edbad6da7b721, on @user_script:1.",
           "READONLYISH a code of another product",
       }) {
    EXPECT_EQ(why(line), std::nullopt) << line;
  }
  EXPECT_EQ(why_it_cannot_serve(Reply(nullptr)), std::nullopt);
}

TEST(Mood, tells_what_the_user_may_not_do) {
  for (const char* line : {
           "NOPERM this user has no permissions to run the 'evalsha' command",
           "NOPERM this user has no permissions to access one of the keys used as arguments",
           "ERR The user executing the script can't run this command or subcommand script: "
           "87c4726e47a0e13515df8325414edbad6da7b721, on @user_script:1.",
           "ERR The user executing the script can't access at least one of the keys mentioned in the command "
           "arguments "
           "script: 87c4726e47a0e13515df8325414edbad6da7b721, on @user_script:1.",
           "ERR Error running script (call to f_87c4726e47a0e13515df8325414edbad6da7b721): @user_script:1: "
           "@user_script: 1: The user executing the script can't run this command or subcommand",
           "ERR ACL failure in script: User slo has no permissions to run the 'hgetall' command script: "
           "3a82edaed1ed9a6fc0d6d40123e9e8ed4f96b34f, on @user_script:1.",
           "ERR ACL failure in script: No permissions to access a key script: on @user_script:1.",
       }) {
    EXPECT_TRUE(is_forbidden(Reply(error_reply(line).get()))) << line;
    EXPECT_EQ(refusal_of(Reply(error_reply(line).get())), (Refusal{Fault::store_refused, "NOPERM"})) << line;
  }
  EXPECT_FALSE(is_forbidden(Reply(error_reply("ERR syntax error").get())));
  EXPECT_FALSE(is_forbidden(Reply(nullptr)));
}

TEST(Mood, does_not_hide_that_a_wrapped_script_met_a_full_store) {
  EXPECT_EQ(refusal_of(Reply(
                error_reply("ERR Error running script (call to f_87c4726e): @user_script:1: @user_script: "
                            "1: -OOM command not allowed when used memory > 'maxmemory'.")
                    .get())),
            (Refusal{Fault::store_full}));
}

}  // namespace slo::redis::mood_test
