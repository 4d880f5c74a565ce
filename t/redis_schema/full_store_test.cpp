// SPDX-License-Identifier: BSD-2-Clause
// I9: on a full server nobody can sign in any more, but everybody can be signed out.
#include <gtest/gtest.h>

#include <algorithm>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::full_store_test {

class FullStore : public testing::Test {
 protected:
  void SetUp() override {
    server_ = PrivateRedis::start({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"});
    if (!server_) GTEST_SKIP() << "no redis-server could be started";
    client_ = std::make_unique<RedisClient>(server_->socket_path());
  }

  template <class T>
  T run(const Exchange<T>& exchange) {
    auto outcome = client_->run(exchange);
    if (outcome) return *std::move(outcome);
    ADD_FAILURE() << describe(outcome.error().fault).name << " " << outcome.error().detail;
    return T{};
  }
  bool is_full() {
    const auto reply = client_->say({"SET", "filler:probe", std::string(64, 'x')});
    return Reply(reply.get()).error().starts_with("OOM");
  }
  void fill_up() {
    for (int i = 0; i < 10'000 && !is_full(); ++i) {
      client_->say({"SET", "filler:" + std::to_string(i), std::string(2000, 'x')});
    }
    ASSERT_TRUE(is_full());
  }
  std::vector<std::string> all_keys() {
    const auto reply = client_->say({"KEYS", "slo*"});
    const Reply keys(reply.get());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys.size(); ++i) names.emplace_back(*keys[i].text());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::unique_ptr<PrivateRedis> server_{};
  std::unique_ptr<RedisClient> client_{};
};

TEST_F(FullStore, I9_refuses_a_login_and_writes_none_of_it) {
  run(remember(test_space, a_lesson()));
  const auto before = run(find_session(test_space, {"sid-1"}));
  fill_up();
  const auto keys = all_keys();
  auto lesson = a_lesson("app-b");
  lesson.cookie = CookieDigest{"0123456789abcdef"};
  lesson.client_sid = Sid{"own-sid"};
  EXPECT_EQ(client_->run(remember(test_space, lesson)).error(), (Refusal{Fault::store_full}));
  lesson.key = {"sid-2"};
  EXPECT_EQ(client_->run(remember(test_space, lesson)).error(), (Refusal{Fault::store_full}));
  EXPECT_EQ(all_keys(), keys);
  EXPECT_EQ(run(find_session(test_space, {"sid-1"})), before);
}

TEST_F(FullStore, I9_ends_a_session_and_delivers_its_logouts) {
  for (const auto* client : {"a", "b", "c", "d"}) run(remember(test_space, a_lesson(client)));
  run(agree_on_schema("slo"));
  fill_up();
  EXPECT_TRUE(is_full());
  const auto left = run(end_participation(test_space, {"sid-1"}, {"d"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(left && left->leased.size() == 1);
  EXPECT_TRUE(is_full());
  ASSERT_TRUE(run(end_session(test_space, {"sid-1"}, end_terms())));
  EXPECT_TRUE(is_full());
  const auto claimed = run(claim(test_space, 0, partitions, 10, Millis{60'000}));
  ASSERT_EQ(claimed.size(), 3u);
  EXPECT_TRUE(is_full());
  EXPECT_EQ(run(settle(test_space, {{claimed[0], Delivered{}},
                                    {claimed[1], RetryAt{Millis{5000}, "503"}},
                                    {claimed[2], Abandon{"404"}}})),
            (std::vector{Settled::delivered, Settled::rescheduled, Settled::dead}));
  EXPECT_TRUE(run(redrive(test_space, claimed[2].id)));
  EXPECT_TRUE(is_full());
  EXPECT_FALSE(run(agree_on_schema("slo"))) << "a worker may start while the store is full";
}

TEST_F(FullStore, I9_expires_sessions) {
  run(remember(test_space, a_lesson()));
  const auto p = partition_of("sid-1");
  client_->say({"ZADD", expiry_key(test_space, p), "1", "sid-1"});
  client_->say({"HSET", session_key(test_space, {"sid-1"}), "x", "0"});
  fill_up();
  EXPECT_EQ(run(claim_due(test_space, p, 10, Seconds{60})), std::vector<SessionKey>{{"sid-1"}});
  auto terms = end_terms();
  terms.only_if_due = true;
  EXPECT_TRUE(run(end_session(test_space, {"sid-1"}, terms)));
}

TEST_F(FullStore, I9_redeems_a_ticket_once) {
  fill_up();
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300})));
  EXPECT_FALSE(run(redeem(test_space, "nonce-1", Seconds{300})));
}

TEST_F(FullStore, I9_ends_a_session_although_the_scripts_must_be_sent_again) {
  run(remember(test_space, a_lesson()));
  fill_up();
  client_->say({"SCRIPT", "FLUSH"});
  fill_up();
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->leased.size(), 1u);
}

}  // namespace slo::redis::full_store_test
