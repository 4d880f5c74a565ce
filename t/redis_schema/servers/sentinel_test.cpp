// SPDX-License-Identifier: BSD-2-Clause
// What sentinels say, byte by byte, and whom a search asks in which order.
#include "redis_schema/servers/sentinel.h"

#include <gtest/gtest.h>

#include "t/redis_schema/resp.h"

namespace slo::redis::sentinel_test {

using Peers = std::vector<Peer>;

const Peer first{"10.0.0.1", 26379}, second{"10.0.0.2", 26379}, third{"10.0.0.3", 26380};
const Peer data{"10.0.1.1", 6379}, other_data{"10.0.1.2", 6379};

std::string sentinels(const std::vector<std::vector<std::string>>& rows) {
  std::string bytes = "*" + std::to_string(rows.size()) + "\r\n";
  for (const auto& row : rows) bytes += array_of(row);
  return bytes;
}

Outcome<SentinelAnswer> heard(const std::string& master, const std::string& others = "*0\r\n") {
  return read_bytes(ask_sentinel("mymaster"), master + others);
}

OwnedReply reply_of(const std::string& bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  return reply ? std::move(*reply) : nullptr;
}

std::optional<Peer> moved(const std::string& channel, const std::string& text) {
  return moved_to(Reply(reply_of(array_of({"message", channel, text})).get()), "mymaster");
}

std::optional<std::string> why_not(const std::string& bytes) {
  return why_it_is_no_master(Reply(reply_of(bytes).get()));
}

TEST(Sentinel, is_asked_for_the_master_and_for_other_sentinels) {
  using Words = std::vector<std::vector<std::string>>;
  EXPECT_EQ(words_of(ask_sentinel("mymaster")), (Words{{"SENTINEL", "get-master-addr-by-name", "mymaster"},
                                                       {"SENTINEL", "sentinels", "mymaster"}}));
  EXPECT_EQ(subscribe_to_failovers().words,
            (std::vector<std::string>{"SUBSCRIBE", "+switch-master", "+promoted-slave"}));
}

TEST(Sentinel, names_the_master_and_those_that_it_has_met) {
  const auto others = sentinels({{"name", "ab12", "ip", "10.0.0.2", "port", "26379", "flags", "sentinel"},
                                 {"port", "26380", "ip", "10.0.0.3"}});
  const auto answer = heard(array_of({"10.0.1.1", "6379"}), others);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, (SentinelAnswer{.master = data, .others = {second, third}}));
}

TEST(Sentinel, may_not_know_the_master) {
  for (const char* nil : {"*-1\r\n", "$-1\r\n"}) {
    const auto answer = heard(nil, "-ERR No such master with that name\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, SentinelAnswer{});
  }
}

TEST(Sentinel, is_not_believed_what_is_no_address) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"10.0.1.1"},
                                                                 {"10.0.1.1", "0"},
                                                                 {"10.0.1.1", "65536"},
                                                                 {"10.0.1.1", "6379x"},
                                                                 {"10.0.1.1", ""},
                                                                 {"", "6379"},
                                                                 {"host name", "6379"},
                                                                 {"host\n", "6379"},
                                                                 {std::string(256, 'a'), "6379"}}) {
    const auto answer = heard(array_of(words));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().fault, Fault::store_reply_unexpected);
  }
  const auto answer =
      heard(array_of({"db.example", "6379"}), sentinels({{"ip", "", "port", "26379"}, {"ip"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, (SentinelAnswer{.master = Peer{"db.example", 6379}}));
}

TEST(Sentinel, that_is_none_or_wants_a_password_is_refused_by_its_code) {
  EXPECT_EQ(heard("-NOAUTH Authentication required.\r\n").error(), (Refusal{Fault::store_refused, "NOAUTH"}));
  EXPECT_EQ(heard("-ERR unknown command 'SENTINEL'\r\n").error(), (Refusal{Fault::store_refused, "ERR"}));
  EXPECT_EQ(read_bytes(ask_sentinel("mymaster"), "*-1\r\n").error().fault, Fault::store_reply_unexpected);
}

TEST(Sentinel, tells_where_the_master_has_moved) {
  EXPECT_EQ(moved("+switch-master", "mymaster 10.0.1.1 6379 10.0.1.2 6379"), other_data);
  EXPECT_EQ(moved("+promoted-slave", "slave 10.0.1.2:6379 10.0.1.2 6379 @ mymaster 10.0.1.1 6379"),
            other_data);
}

TEST(Sentinel, is_not_heard_about_other_masters_or_in_other_words) {
  EXPECT_EQ(moved("+switch-master", "mymaster2 10.0.1.1 6379 10.0.1.2 6379"), std::nullopt);
  EXPECT_EQ(moved("+promoted-slave", "slave 10.0.1.2:6379 10.0.1.2 6379 @ other 10.0.1.1 6379"),
            std::nullopt);
  EXPECT_EQ(moved("+switch-master", "mymaster 10.0.1.1 6379 10.0.1.2"), std::nullopt);
  EXPECT_EQ(moved("+switch-master", "mymaster 10.0.1.1 6379 10.0.1.2 none"), std::nullopt);
  EXPECT_EQ(moved("+sdown", "master mymaster 10.0.1.1 6379"), std::nullopt);
  EXPECT_EQ(moved("", ""), std::nullopt);
  EXPECT_EQ(moved_to(Reply(reply_of(array_of({"subscribe", "+switch-master", "1"})).get()), "mymaster"),
            std::nullopt);
  EXPECT_EQ(moved_to(Reply(nullptr), "mymaster"), std::nullopt);
}

TEST(Sentinel, is_verified_by_the_role_of_whom_it_names) {
  EXPECT_EQ(why_not("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"), std::nullopt);
  EXPECT_EQ(why_not("*5\r\n$5\r\nslave\r\n$8\r\n10.0.1.1\r\n:6379\r\n$9\r\nconnected\r\n:0\r\n"),
            "it is a replica (ROLE)");
  EXPECT_EQ(why_not("*2\r\n$8\r\nsentinel\r\n*0\r\n"), "it is no server of data (ROLE)");
  EXPECT_EQ(why_not("-NOPERM this user has no permissions to run the 'role' command\r\n"),
            "ROLE was answered NOPERM");
  EXPECT_EQ(why_it_is_no_master(Reply(nullptr)), "it is no server of data (ROLE)");
}

TEST(Sentinel, knows_masters_by_plain_names) {
  EXPECT_TRUE(is_master_name("my-master_1.eu"));
  for (const char* text : {"", "my master", "my/master", "m\xc3\xbc", "a\n"})
    EXPECT_FALSE(is_master_name(text));
  EXPECT_FALSE(is_master_name(std::string(256, 'a')));
}

TEST(Peer, is_written_with_its_port) {
  EXPECT_EQ(name_of(data), "10.0.1.1:6379");
  EXPECT_EQ(name_of({"::1", 6379}), "[::1]:6379");
}

TEST(SentinelList, begins_with_whoever_answered_last) {
  SentinelList list({first, second});
  EXPECT_EQ(list.in_order(), (Peers{first, second}));
  list.answered(second, {});
  EXPECT_EQ(list.in_order(), (Peers{second, first}));
}

TEST(SentinelList, learns_and_forgets_but_keeps_those_of_the_configuration) {
  SentinelList list({first});
  list.answered(first, {second, third, second});
  EXPECT_EQ(list.in_order(), (Peers{first, second, third}));
  list.answered(third, {first});
  EXPECT_EQ(list.in_order(), (Peers{third, first}));
}

TEST(SentinelList, has_room_for_32_that_are_learnt) {
  SentinelList list({first});
  Peers many;
  for (std::uint16_t port = 1; port <= 100; ++port) many.push_back({"10.0.0.9", port});
  list.answered(first, many);
  EXPECT_EQ(list.in_order().size(), 33u);
}

TEST(MasterSearch, asks_one_after_another_until_one_knows) {
  SentinelList list({first, second, third});
  MasterSearch search(list, "mymaster");
  search.begin();
  EXPECT_EQ(*search.whom(), first);
  search.failed("Connection refused");
  EXPECT_EQ(*search.whom(), second);
  search.answered({.master = data, .others = {first, third}});
  EXPECT_EQ(search.whom(), nullptr);
  EXPECT_EQ(search.found(), data);
  search.begin();
  EXPECT_EQ(*search.whom(), second) << "who answered goes first";
  EXPECT_EQ(search.found(), std::nullopt);
}

TEST(MasterSearch, says_why_it_has_found_none) {
  SentinelList list({first, second});
  MasterSearch search(list, "mymaster");
  search.begin();
  search.failed("Connection refused");
  search.failed("no answer within 1000 ms");
  EXPECT_EQ(search.whom(), nullptr);
  EXPECT_EQ(search.found(), std::nullopt);
  EXPECT_EQ(search.why_not(), "no sentinel answers; 10.0.0.2:26379: no answer within 1000 ms");
  search.begin();
  search.answered({});
  search.failed("Connection refused");
  EXPECT_EQ(search.why_not(), "no sentinel that answers knows the master \"mymaster\"");
  search.failed("late"), search.answered({.master = data});
  EXPECT_EQ(search.found(), std::nullopt) << "it was over";
}

}  // namespace slo::redis::sentinel_test
