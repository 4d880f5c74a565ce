// SPDX-License-Identifier: BSD-2-Clause
#include "redis_schema/reply.h"

#include <gtest/gtest.h>

namespace slo::redis::reply_test {

OwnedReply read_one(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  return reply ? std::move(*reply) : nullptr;
}

TEST(Reply, views_strings_and_status_lines_as_text) {
  using std::literals::operator""sv;
  const auto whole = read_one("$5\r\nhe\0lo\r\n"sv);
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(Reply(whole.get()).text(), "he\0lo"sv);
  const auto status = read_one("+OK\r\n");
  EXPECT_EQ(Reply(status.get()).text(), "OK");
  EXPECT_EQ(Reply(status.get()).integer(), std::nullopt);
}

TEST(Reply, reads_integers_also_out_of_strings) {
  const auto integer = read_one(":-12\r\n");
  EXPECT_EQ(Reply(integer.get()).integer(), -12);
  EXPECT_EQ(Reply(integer.get()).text(), std::nullopt);
  const auto string = read_one("$2\r\n42\r\n");
  EXPECT_EQ(Reply(string.get()).integer(), 42);
  const auto trailing = read_one("$3\r\n42x\r\n");
  EXPECT_EQ(Reply(trailing.get()).integer(), std::nullopt);
}

TEST(Reply, reads_no_integer_whose_sums_could_overflow) {
  for (const char* bytes : {":281474976710656\r\n", "$15\r\n281474976710656\r\n"}) {
    EXPECT_EQ(Reply(read_one(bytes).get()).integer(), 1LL << 48) << bytes;
  }
  for (const char* bytes : {":281474976710657\r\n", ":-281474976710657\r\n", ":9223372036854775807\r\n",
                            "$20\r\n-9223372036854775808\r\n"}) {
    EXPECT_EQ(Reply(read_one(bytes).get()).integer(), std::nullopt) << bytes;
  }
}

TEST(Reply, is_nil_beyond_the_end_of_an_array) {
  const auto array = read_one("*2\r\n$1\r\na\r\n$-1\r\n");
  const Reply reply(array.get());
  ASSERT_TRUE(reply.is_array());
  ASSERT_EQ(reply.size(), 2u);
  EXPECT_EQ(reply[0].text(), "a");
  EXPECT_TRUE(reply[1].is_nil());
  EXPECT_TRUE(reply[2].is_nil());
  EXPECT_EQ(reply[0].size(), 0u);
  EXPECT_TRUE(reply[0][0].is_nil());
}

TEST(Reply, names_a_full_store_apart_from_other_errors) {
  const auto full = read_one("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(refusal_of(Reply(full.get())), (Refusal{Fault::store_full}));
  const auto denied = read_one("-NOPERM this user has no permissions to access a key\r\n");
  ASSERT_TRUE(Reply(denied.get()).is_error());
  EXPECT_EQ(refusal_of(Reply(denied.get())), (Refusal{Fault::store_refused, "NOPERM"}));
}

TEST(ReplyReader, waits_for_the_rest_of_a_reply) {
  ReplyReader reader;
  reader.feed("$5\r\nhel");
  auto part = reader.next();
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(*part, nullptr);
  reader.feed("lo\r\n:1\r\n");
  const auto first = reader.next();
  const auto second = reader.next();
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ(Reply(first->get()).text(), "hello");
  EXPECT_EQ(Reply(second->get()).integer(), 1);
}

TEST(ReplyReader, stays_broken_after_bytes_that_are_no_reply) {
  ReplyReader reader;
  reader.feed("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_EQ(reader.next().error(), (Refusal{Fault::store_reply_unexpected, "not RESP"}));
  reader.feed("+OK\r\n");
  EXPECT_EQ(reader.next().error(), (Refusal{Fault::store_reply_unexpected, "not RESP"}));
}

TEST(ReplyReader, makes_no_room_for_what_nobody_sends) {
  for (const std::string count : {"100001", "2000000000"}) {
    ReplyReader reader;
    std::string nested;
    for (int depth = 0; depth < 7; ++depth) nested += "*1\r\n";
    reader.feed(nested + "*" + count + "\r\n");
    EXPECT_EQ(reader.next().error(), (Refusal{Fault::store_reply_unexpected, "not RESP"})) << count;
  }
  ReplyReader reader;
  reader.feed("*100000\r\n");
  for (int i = 0; i < 100'000; ++i) reader.feed(":1\r\n");
  const auto whole = reader.next();
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ(Reply(whole->get()).size(), 100'000u);
}

TEST(Reply, may_be_an_error_of_our_own) {
  const auto reply = error_reply("CLUSTERDOWN its node is away");
  EXPECT_EQ(Reply(reply.get()).error(), "CLUSTERDOWN its node is away");
  EXPECT_EQ(refusal_of(Reply(reply.get())), (Refusal{Fault::store_part_away, "CLUSTERDOWN"}));
}

}  // namespace slo::redis::reply_test
