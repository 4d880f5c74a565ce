// SPDX-License-Identifier: BSD-2-Clause
// A code finds the cookie that it was handed out under; the cookie, and any client's sid, the session.
#include "redis_schema/codes.h"

#include <gtest/gtest.h>

#include <string>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::codes_test {

const CookieDigest cookie{"0123456789abcdef"};
const CodeDigest code{std::string("code\0\r\n{}56789abc", 16)};

class Codes : public StoreTest {
 protected:
  void TearDown() override {
    if (server()) check_request({"CONFIG", "SET", "maxmemory", "0"});
  }
  std::string session_of(const CookieDigest& digest) { return text({"GET", cookie_key(test_space, digest)}); }
};

TEST_F(Codes, find_the_cookie_for_ten_minutes) {
  run(remember(test_space, {.cookie = cookie, .session = {"~first"}, .code = code}));
  EXPECT_EQ(run(recall(test_space, code, {})), (Recalled{.cookie = cookie}));
  EXPECT_EQ(run(recall(test_space, CodeDigest{"another one 4567"}, {})), Recalled{});
  EXPECT_EQ(session_of(cookie), "~first");
  for (const auto& key : {code_key(test_space, code), cookie_key(test_space, cookie)}) {
    const auto life = number({"PTTL", key});
    EXPECT_GT(life, 590'000);
    EXPECT_LE(life, 600'000);
  }
}

TEST_F(Codes, leave_a_cookie_that_leads_somewhere_alone) {
  run(remember(test_space, {.cookie = cookie, .session = {"~first"}, .life = Seconds{3600}}));
  run(remember(test_space, {.cookie = cookie, .session = {"~second"}, .code = code}));
  EXPECT_EQ(session_of(cookie), "~first");
  EXPECT_GT(number({"TTL", cookie_key(test_space, cookie)}), 3500);
  EXPECT_EQ(run(recall(test_space, code, {})), (Recalled{.cookie = cookie}));
}

TEST_F(Codes, may_be_missing_where_a_cookie_only_changes) {
  run(remember(test_space, {.cookie = cookie, .session = {"sid-1"}, .life = Seconds{3600}}));
  EXPECT_EQ(number({"DBSIZE"}), 1);
}

TEST_F(Codes, are_asked_after_together_with_a_sid) {
  EXPECT_EQ(recall(test_space, {}, {}).commands.size(), 0u);
  EXPECT_EQ(run(recall(test_space, {}, Sid{"own-sid"})), Recalled{});
  sign_in_with_names_of_their_own();
  run(remember(test_space, {.cookie = cookie, .session = {"~first"}, .code = code}));
  EXPECT_EQ(run(recall(test_space, code, Sid{"own-sid"})),
            (Recalled{.cookie = cookie, .session = SessionKey{"sid-1"}}));
  EXPECT_EQ(run(recall(test_space, {}, Sid{"sid-1"})), (Recalled{.session = SessionKey{"sid-1"}}));
}

TEST_F(Codes, say_and_leave_the_same_when_asked_again) {
  const HandedOut handed_out{.cookie = cookie, .session = {"~first"}, .code = code};
  EXPECT_TRUE(run(remember(test_space, handed_out)));
  EXPECT_TRUE(run(remember(test_space, handed_out)));
  EXPECT_EQ(number({"DBSIZE"}), 2);
}

TEST_F(Codes, keep_each_command_to_one_partition) {
  auto commands = remember(test_space, {.cookie = cookie, .session = {"~first"}, .code = code}).commands;
  for (const auto& command : recall(test_space, code, Sid{"own-sid"}).commands) commands.push_back(command);
  for (const auto& command : commands) {
    const std::string& key = command.words[command.script != nullptr ? 3 : 1];
    EXPECT_TRUE(key.starts_with("slo{" + std::string(tag_of(command.partition)) + "}:")) << key;
    EXPECT_TRUE(touches(command, test_space));
  }
}

TEST_F(Codes, are_refused_on_a_full_server) {
  check_request({"CONFIG", "SET", "maxmemory", "100kb"});
  const auto full =
      client().run(remember(test_space, {.cookie = cookie, .session = {"~first"}, .code = code}));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error(), (Refusal{Fault::store_full}));
}

}  // namespace slo::redis::codes_test
