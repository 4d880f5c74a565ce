// SPDX-License-Identifier: BSD-2-Clause
// The feed against a server: whoever follows it reads each step once and in order, from wherever he was.
#include "redis_schema/feed.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "redis_schema/marks.h"
#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::feed_test {

using Entries = std::vector<FeedEntry>;

const Space other_space{.prefix = "slo", .issuer = "zzzzzz"};

std::string stream_of(const std::string& value) { return feed_key(test_space, partition_of(value)); }
Mark sid_at(std::string sid, Seconds at) { return {Mark::Of::sid, std::move(sid), TimeS{at}}; }
Mark sub_at(std::string sub, Seconds at) { return {Mark::Of::sub, std::move(sub), TimeS{at}}; }

class Feed : public StoreTest {
 protected:
  Entries read(unsigned count = 1000, Millis block = Millis{0}) {
    auto entries = run(read_feed({{&test_space, &places_}}, count, block));
    for (const auto& entry : entries) places_[entry.partition] = entry.place;
    return entries;
  }
  void add(const std::string& key, const std::string& id, std::vector<std::string> fields) {
    std::vector<std::string> words{"XADD", key, id};
    words.insert(words.end(), fields.begin(), fields.end());
    check_request(std::move(words));
  }

  FeedPlaces places_{};
};

TEST_F(Feed, says_of_a_mark_whether_anything_proves_it) {
  Mark unproven = sid_at("s1", Seconds{100});
  unproven.is_proven = false;
  run(put_mark(test_space, unproven, {.retention = Seconds{1000}}));
  run(put_mark(test_space, sid_at("s2", Seconds{100}), {.retention = Seconds{1000}}));
  std::map<std::string, bool> proven;
  for (const auto& entry : read())
    for (const auto& mark : entry.marks) proven[mark.value] = mark.is_proven;
  EXPECT_EQ(proven, (std::map<std::string, bool>{{"s1", false}, {"s2", true}}));
}

TEST_F(Feed, is_empty_where_nothing_has_ended) {
  EXPECT_EQ(read(), Entries{});
  EXPECT_EQ(run(read_feed({}, 10, Millis{0})), Entries{});
}

TEST_F(Feed, says_whose_which_partition_where_to_go_on_and_what_has_ended) {
  add(feed_key(test_space, 3), "5000-1", {"s", "a", "s", "b"});
  add(feed_key(other_space, 63), "7999-0", {"u", "alice", "n", "6"});
  const FeedPlaces from_the_beginning{};
  const auto entries = run(
      read_feed({{&test_space, &from_the_beginning}, {&other_space, &from_the_beginning}}, 10, Millis{0}));
  EXPECT_EQ(entries, (Entries{{0, 3, {5000, 1}, {sid_at("a", Seconds{5}), sid_at("b", Seconds{5})}},
                              {1, 63, {7999, 0}, {sub_at("alice", Seconds{6})}}}));
}

TEST_F(Feed, goes_on_where_it_was) {
  add(stream_of("sid-1"), "5000-0", {"s", "a"});
  add(stream_of("sid-1"), "5000-1", {"s", "b"});
  EXPECT_EQ(read().size(), 2u);
  EXPECT_EQ(read(), Entries{});
  add(stream_of("sid-1"), "5000-2", {"s", "c"});
  EXPECT_EQ(read(), (Entries{{0, partition_of("sid-1"), {5000, 2}, {sid_at("c", Seconds{5})}}}));
}

TEST_F(Feed, of_one_issuer_says_nothing_of_another) {
  run(put_mark(other_space, sid_at("sid-1", Seconds{5}), {.retention = Seconds{60}}));
  EXPECT_EQ(read(), Entries{});
}

TEST_F(Feed, of_an_issuer_that_two_providers_follow_reaches_both) {
  add(stream_of("sid-1"), "5000-0", {"s", "a"});
  const FeedPlaces beginning{};
  const auto entries = run(read_feed({{&test_space, &beginning}, {&test_space, &beginning}}, 10, Millis{0}));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].source, 0u);
  EXPECT_EQ(entries[1].source, 1u);
}

TEST_F(Feed, gives_a_thousand_entries_once_and_in_order_page_by_page) {
  std::map<std::uint16_t, std::vector<std::string>> ended, heard;
  for (int i = 0; i < 1000; ++i) {
    const auto sid = "session-" + std::to_string(i);
    run(put_mark(test_space, sid_at(sid, Seconds{5}), {.retention = Seconds{3600}}));
    ended[partition_of(sid)].push_back(sid);
  }
  unsigned pages = 0;
  for (auto page = read(5); !page.empty(); page = read(5), ++pages) {
    std::map<std::uint16_t, unsigned> of_each;
    for (const auto& entry : page) {
      EXPECT_LE(++of_each[entry.partition], 5u);
      for (const auto& mark : entry.marks) heard[entry.partition].push_back(mark.value);
    }
  }
  EXPECT_EQ(heard, ended);
  EXPECT_GT(pages, 3u);
}

TEST_F(Feed, wakes_who_waits_as_soon_as_a_session_ends) {
  run(register_participation(test_space, a_lesson()));
  RedisClient guard(server()->socket_path());
  const auto exchange = read_feed({{&test_space, &places_}}, 10, Millis{15'000});
  guard.send(exchange.commands.at(0));
  const auto begin = std::chrono::steady_clock::now();
  while (text({"INFO", "clients"}).find("blocked_clients:1") == std::string::npos &&
         std::chrono::steady_clock::now() - begin < Seconds{10}) {
  }
  run(end_session(test_space, {"sid-1"}, end_terms()));
  const auto reply = guard.on_reply();
  const Reply heard(reply.get());
  const auto entries = exchange.read({&heard, 1});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Seconds{10});
  ASSERT_TRUE(entries && entries->size() == 1);
  EXPECT_EQ(entries->at(0).partition, partition_of("sid-1"));
  EXPECT_EQ(entries->at(0).marks.at(0).value, "sid-1");
}

TEST_F(Feed, says_that_there_was_nothing_when_the_waiting_is_over) {
  EXPECT_EQ(read(10, Millis{20}), Entries{});
}

TEST_F(Feed, that_was_trimmed_goes_on_with_what_is_left) {
  for (int i = 1; i <= 10; ++i)
    add(stream_of("sid-1"), std::to_string(i) + "000-0", {"s", std::to_string(i)});
  EXPECT_EQ(read(2).size(), 2u);
  check_request({"XTRIM", stream_of("sid-1"), "MINID", "9000"});
  const auto p = partition_of("sid-1");
  EXPECT_EQ(read(), (Entries{{0, p, {9000, 0}, {sid_at("9", Seconds{9})}},
                             {0, p, {10'000, 0}, {sid_at("10", Seconds{10})}}}));
  check_request({"XTRIM", stream_of("sid-1"), "MAXLEN", "0"});
  EXPECT_EQ(read(), Entries{});
}

TEST_F(Feed, leaves_out_what_it_does_not_understand_and_goes_on) {
  const auto key = stream_of("sid-1");
  const auto p = partition_of("sid-1");
  add(key, "1000-0", {"x", "y"});
  add(key, "2000-0", {"z", "1", "s", "a", "q", "2"});
  add(key, "3000-0", {"u", "alice"});
  add(key, "4000-0", {"u", "alice", "n", "soon", "s", "b"});
  add(key, "5000-0", {"n", "5", "u", "alice", "s", "c"});
  add(key, "6000-0", {"s", ""});
  add(key, "7000-0", {"u", "alice", "n", "9999999999999999999", "u", "bob", "n", "7"});
  EXPECT_EQ(read(), (Entries{{0, p, {1000, 0}, {}},
                             {0, p, {2000, 0}, {sid_at("a", Seconds{2})}},
                             {0, p, {3000, 0}, {}},
                             {0, p, {4000, 0}, {sid_at("b", Seconds{4})}},
                             {0, p, {5000, 0}, {sid_at("c", Seconds{5})}},
                             {0, p, {6000, 0}, {}},
                             {0, p, {7000, 0}, {sub_at("bob", Seconds{7})}}}));
  EXPECT_EQ(read(), Entries{});
}

TEST_F(Feed, takes_values_of_any_bytes_and_the_largest_places) {
  const std::string bytes("\0\r\n}\xff{\x1f", 7);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  const auto largest = std::to_string(most) + "-" + std::to_string(most);
  add(stream_of("sid-1"), "5000-0", {"s", bytes});
  add(stream_of("sid-1"), largest, {"s", "last"});
  const auto p = partition_of("sid-1");
  EXPECT_EQ(read(), (Entries{{0, p, {5000, 0}, {sid_at(bytes, Seconds{5})}},
                             {0, p, {most, most}, {sid_at("last", Seconds{(1LL << 48) / 1000})}}}));
  EXPECT_EQ(read(), Entries{});
}

TEST(ReadFeed, asks_for_all_streams_at_once) {
  FeedPlaces places{};
  places[1] = {1800000000000, 7};
  const auto exchange = read_feed({{&test_space, &places}, {&other_space, &places}}, 50, Millis{2500});
  ASSERT_EQ(exchange.commands.size(), 1u);
  const auto& words = exchange.commands[0].words;
  EXPECT_EQ((std::vector(words.begin(), words.begin() + 8)),
            (std::vector<std::string>{"XREAD", "COUNT", "50", "BLOCK", "2500", "STREAMS",
                                      feed_key(test_space, 0), feed_key(test_space, 1)}));
  ASSERT_EQ(words.size(), 6u + 4 * partitions);
  EXPECT_EQ(words[6 + partitions], feed_key(other_space, 0));
  EXPECT_EQ(words[6 + 2 * partitions], "0-0");
  EXPECT_EQ(words[7 + 2 * partitions], "1800000000000-7");
  EXPECT_EQ(words[7 + 3 * partitions], "1800000000000-7");
  EXPECT_EQ(exchange.commands[0].partition, meta_partition);
}

TEST(ReadFeed, asks_for_one_partition_of_all_sources) {
  FeedPlaces places{};
  places[7] = {5, 6};
  const auto exchange =
      read_feed({{&test_space, &places}, {&other_space, &places}}, 50, Millis{0}, FeedPartitions{7});
  ASSERT_EQ(exchange.commands.size(), 1u);
  EXPECT_EQ(exchange.commands[0].words,
            (std::vector<std::string>{"XREAD", "COUNT", "50", "STREAMS", feed_key(test_space, 7),
                                      feed_key(other_space, 7), "5-6", "5-6"}));
  EXPECT_EQ(exchange.commands[0].partition, 7);
  const auto entries = read_bytes(
      exchange, "*1\r\n*2\r\n$" + std::to_string(feed_key(other_space, 7).size()) + "\r\n" +
                    feed_key(other_space, 7) + "\r\n*1\r\n*2\r\n$3\r\n9-0\r\n*2\r\n$1\r\ns\r\n$1\r\na\r\n");
  ASSERT_TRUE(entries);
  EXPECT_EQ(*entries, (Entries{{1, 7, {9, 0}, {sid_at("a", Seconds{0})}}}));
}

TEST(ReadFeed, does_not_wait_for_ever_and_reads_something) {
  const FeedPlaces places{};
  const auto words = words_of(read_feed({{&test_space, &places}}, 0, Millis{0})).at(0);
  EXPECT_EQ((std::vector(words.begin(), words.begin() + 4)),
            (std::vector<std::string>{"XREAD", "COUNT", "1", "STREAMS"}));
}

std::string entry(const std::string& id) {
  return "*2\r\n$" + std::to_string(id.size()) + "\r\n" + id + "\r\n";
}

TEST(ReadFeed, refuses_replies_of_another_shape) {
  const FeedPlaces places{};
  const auto exchange = read_feed({{&test_space, &places}}, 10, Millis{0});
  const auto stream = [](unsigned p, const std::string& entries) {
    const auto key = feed_key(test_space, static_cast<std::uint16_t>(p));
    return "*2\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n" + entries;
  };
  for (const auto& reply : std::vector<std::string>{
           ":1\r\n", "$1\r\nx\r\n", "", "*1\r\n$-1\r\n", "*1\r\n*0\r\n", "*1\r\n*2\r\n$1\r\nx\r\n*0\r\n",
           "*1\r\n" + stream(0, ":1\r\n"), "*1\r\n" + stream(0, "*1\r\n:1\r\n"),
           "*1\r\n" + stream(0, "*1\r\n" + entry("5") + "*0\r\n"),
           "*1\r\n" + stream(0, "*1\r\n" + entry("5-") + "*0\r\n"),
           "*1\r\n" + stream(0, "*1\r\n" + entry("5-99999999999999999999") + "*0\r\n"),
           "*1\r\n" + stream(0, "*1\r\n" + entry("0-0") + "*0\r\n"),
           "*1\r\n" + stream(0, "*2\r\n" + entry("6-0") + "*0\r\n" + entry("5-0") + "*0\r\n"),
           "*2\r\n" + stream(0, "*0\r\n") + stream(0, "*0\r\n")}) {
    EXPECT_FALSE(read_bytes(exchange, reply)) << reply;
  }
  EXPECT_EQ(read_bytes(exchange, "-LOADING\r\n").error(), (Refusal{Fault::store_refused, "LOADING"}));
  EXPECT_EQ(read_bytes(exchange, "*-1\r\n"), Entries{});
  EXPECT_EQ(read_bytes(exchange, "*1\r\n" + stream(9, "*1\r\n" + entry("5-0") + "*-1\r\n")),
            (Entries{{0, 9, {5, 0}, {}}}))
      << "an entry without fields has a place";
  EXPECT_EQ(read_bytes(exchange, "*1\r\n" + stream(9, "*1\r\n" + entry("5-0") + array_of({"s", "a", "s"}))),
            (Entries{{0, 9, {5, 0}, {sid_at("a", Seconds{0})}}}));
}

}  // namespace slo::redis::feed_test
