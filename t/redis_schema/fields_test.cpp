// SPDX-License-Identifier: BSD-2-Clause
#include "redis_schema/fields.h"

#include <gtest/gtest.h>

#include "redis_schema/sessions.h"
#include "t/redis_schema/resp.h"

namespace slo::redis::fields_test {

const Space space{.prefix = "slo", .issuer = "AbC-_9"};
const auto checked = find_session(space, {"sid-1"});
using Words = std::vector<std::vector<std::string>>;

TEST(Fields, ask_for_the_whole_hash) {
  EXPECT_EQ(words_of(checked), (Words{{"HGETALL", session_key(space, {"sid-1"})}}));
  EXPECT_EQ(checked.commands[0].partition, partition_of("sid-1"));
}

TEST(Fields, become_a_session) {
  const auto found = read_bytes(
      checked, array_of({"t",  "1800000000", "x",         "3600",     "d",  "600",
                         "l",  "42",         "u",         "alice",    "k",  "0123456789abcdef",
                         ":z", "3.1+5",      ":late-one", "689.4l+6", ":b", "17.2\x1fupair\x1fsown",
                         ":n", "16\x1fn",    "e",         "50",       "r",  "admin"}));
  const Session expected{
      .key = {"sid-1"},
      .sub = {"alice"},
      .created = TimeS{Seconds{1800000000}},
      .absolute = Seconds{3600},
      .idle = Seconds{600},
      .last_seen = Seconds{42},
      .cookie = CookieDigest{"0123456789abcdef"},
      .ended = Seconds{50},
      .reason = "admin",
      .participants = {{.client = {"z"}, .number = 1, .again = 5, .channels = {.back = true, .front = true}},
                       {.client = {"b"},
                        .joined = Seconds{1},
                        .number = 2,
                        .channels = {.back = true},
                        .sub = Subject{"pair"},
                        .sid = Sid{"own"}},
                       {.client = {"n"}, .joined = Seconds{1}, .no_sid = true},
                       {.client = {"late-one"},
                        .joined = Seconds{43},
                        .number = 4,
                        .late = true,
                        .again = 6,
                        .channels = {.back = true}}},
  };
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, expected);
}

TEST(Fields, of_nothing_are_no_session) { EXPECT_EQ(read_bytes(checked, "*0\r\n").value(), std::nullopt); }

TEST(Fields, of_an_unknown_name_are_passed_over) {
  const auto found = read_bytes(checked, array_of({"t", "7", "future", "\x01"}));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, (Session{.key = {"sid-1"}, .created = TimeS{Seconds{7}}}));
}

TEST(Fields, that_are_broken_are_refused) {
  const Refusal broken{Fault::store_reply_unexpected, "HGETALL"};
  EXPECT_EQ(read_bytes(checked, array_of({"t", "soon"})).error(), broken);
  EXPECT_EQ(read_bytes(checked, array_of({":app-a", "x"})).error(), broken);
  EXPECT_EQ(read_bytes(checked, array_of({"t", "9223372036854775807"})).error(), broken);
  EXPECT_EQ(read_bytes(checked, array_of({"t"})).error(), broken);
  EXPECT_EQ(read_bytes(checked, "+OK\r\n").error(), broken);
  EXPECT_EQ(read_bytes(checked, "").error(), broken);
}

TEST(Fields, that_the_store_refuses_to_show_say_why) {
  EXPECT_EQ(read_bytes(checked, "-LOADING Redis is loading the dataset in memory\r\n").error(),
            (Refusal{Fault::store_refused, "LOADING"}));
}

TEST(Record, becomes_a_delivery) {
  const auto read = read_record(
      "sid-1\x1f"
      "1800000000.7\x1f"
      "app-a",
      "1800000000123\x1frp\x1flogout-1\x1fsid-1\x1f"
      "alice\x1f"
      "503\x1f"
      "7\x1f"
      "2");
  const Delivery expected{
      .id =
          "sid-1\x1f"
          "1800000000.7\x1f"
          "app-a",
      .session = {"sid-1"},
      .client = {"app-a"},
      .sub = Subject{"alice"},
      .sid = Sid{"sid-1"},
      .reason = "rp",
      .logout_id = "logout-1",
      .enqueued = TimeMs{Millis{1800000000123}},
      .attempt = 3,
  };
  EXPECT_EQ(read.delivery, expected);
  EXPECT_EQ(read.error, "503");
}

TEST(Record, without_sid_and_sub_names_neither) {
  const auto read = read_record(
      "~k\x1f"
      "1\x1f"
      "app-a",
      "5\x1f"
      "expired\x1f\x1f\x1f");
  EXPECT_EQ(read.delivery.sid, std::nullopt);
  EXPECT_EQ(read.delivery.sub, std::nullopt);
  EXPECT_EQ(read.delivery.reason, "expired");
}

// Its age could not be computed.
TEST(Record, that_was_enqueued_in_no_age_of_man_has_no_time) {
  EXPECT_EQ(read_record("k", "-9223372036854775808\x1frp\x1f\x1f").delivery.enqueued, TimeMs{});
}

TEST(Record, that_is_broken_belongs_to_no_client) {
  const auto read = read_record("garbage", "more garbage");
  EXPECT_EQ(read.delivery, (Delivery{.id = "garbage", .session = {"garbage"}, .reason = ""}));
}

}  // namespace slo::redis::fields_test
