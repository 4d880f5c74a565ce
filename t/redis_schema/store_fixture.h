// SPDX-License-Identifier: BSD-2-Clause
// An empty store for each test, and the words that the tests of the scripts share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "redis_schema/deliveries.h"
#include "redis_schema/script.h"
#include "redis_schema/sessions.h"
#include "t/harness/private_redis.h"

namespace slo::redis {

inline const Space test_space{.prefix = "slo", .issuer = "AbC-_9"};

// alice signs in to app-a, which wants back-channel logouts, in the session sid-1.
inline Registration a_lesson(std::string client = "app-a") {
  return {
      .key = {"sid-1"},
      .client = {std::move(client)},
      .channels = {.back = true},
      .sub = {"alice"},
      .absolute = Seconds{3600},
  };
}

inline EndTerms end_terms(Millis lease = Millis{0}) {
  return {.reason = "rp", .tombstone = Seconds{600}, .lease = lease};
}

class StoreTest : public testing::Test {
 protected:
  static PrivateRedis* server() {
    static const auto started = PrivateRedis::start();
    return started.get();
  }

  void SetUp() override {
    if (!server()) GTEST_SKIP() << "no redis-server could be started";
    client_ = std::make_unique<RedisClient>(server()->socket_path());
    check_request({"FLUSHALL"});
  }

  template <class T>
  bool is_answered(const Exchange<T>& exchange) {
    return client_->run(exchange).has_value();
  }
  template <class T>
  T run(const Exchange<T>& exchange) {
    auto outcome = client_->run(exchange);
    if (outcome) return *std::move(outcome);
    ADD_FAILURE() << describe(outcome.error().fault).name << " " << outcome.error().detail;
    return T{};
  }

  OwnedReply check_request(std::vector<std::string> words) { return client_->say(std::move(words)); }
  long long number(std::vector<std::string> words) {
    const auto reply = check_request(std::move(words));
    return Reply(reply.get()).integer().value_or(-1000);
  }
  std::string text(std::vector<std::string> words) {
    const auto reply = check_request(std::move(words));
    return std::string(Reply(reply.get()).text().value_or("(no text)"));
  }

  // "own" knows alice by another sub and sid, "without" by no sid.
  void sign_in_with_names_of_their_own() {
    auto own = a_lesson("own");
    own.client_sub = Subject{"pairwise"};
    own.client_sid = Sid{"own-sid"};
    run(register_participation(test_space, own));
    auto without = a_lesson("without");
    without.client_no_sid = true;
    run(register_participation(test_space, without));
  }

  Session session(const std::string& key = "sid-1") {
    return run(find_session(test_space, {key})).value_or(Session{});
  }
  Owed claim_owed(Millis lease = Millis{60'000}, unsigned limit = 2000) {
    return run(claim(test_space, 0, partitions, limit, lease));
  }
  std::vector<Delivery> claim_all(Millis lease = Millis{60'000}, unsigned limit = 2000) {
    const auto owed = claim_owed(lease, limit);
    EXPECT_EQ(owed.bundles, std::vector<Bundle>{});
    return owed.deliveries;
  }
  // What was counted at all.
  std::map<std::string, long long> counted(const Space& space) {
    auto counters = run(read_counters(space));
    std::erase_if(counters, [](const auto& one) { return one.second == 0; });
    return counters;
  }
  long long counter(const std::string& name) { return run(read_counters(test_space))[name]; }
  Settled settle_with(const Delivery& delivery, Verdict verdict) {
    return run(settle(test_space, {{delivery, std::move(verdict)}})).at(0);
  }
  // Makes whatever waits in the queue due at once, as if the time had passed.
  void let_leases_run_out(const std::string& key = "sid-1") {
    const auto queue = queue_key(test_space, partition_of(key));
    const auto members = check_request({"ZRANGE", queue, "0", "-1"});
    const Reply ids(members.get());
    for (std::size_t i = 0; i < ids.size(); ++i)
      check_request({"ZADD", queue, "1", std::string(*ids[i].text())});
  }
  // A login all in all: takes the pointers, too, that lead to other sessions.
  Registered log_in(const Registration& registration) {
    const auto answer = run(register_participation(test_space, registration));
    run(take_pointers(test_space, registration, run(yielding(test_space, answer))));
    return answer.registered;
  }
  // As many dead letters as a partition keeps, `age` old: dead-1 is the oldest.
  void fill_dead_letters(Seconds age = Seconds{3600}) {
    const auto p = partition_of("sid-1");
    const auto reply = check_request({"TIME"});
    const auto died = (Reply(reply.get())[0].integer().value_or(0) - age.count()) * 1000;
    for (unsigned i = 1; i <= max_dead_letters; ++i) {
      const auto id = "dead-" + std::to_string(i);
      check_request({"ZADD", dead_key(test_space, p), std::to_string(died + i), id});
      check_request({"HSET", dead_records_key(test_space, p), id,
                     "1\x1f"
                     "404\x1f"
                     "1\x1f"
                     "1\x1frp\x1f\x1f\x1f"});
    }
  }
  // Moves a session into the past.
  void let_pass(Seconds time, const std::string& key = "sid-1") {
    const auto s = session_key(test_space, {key});
    check_request({"HSET", s, "t", std::to_string(number({"HGET", s, "t"}) - time.count())});
    check_request({"ZINCRBY", expiry_key(test_space, partition_of(key)), std::to_string(-time.count()), key});
  }

  RedisClient& client() { return *client_; }

 private:
  std::unique_ptr<RedisClient> client_{};
};

}  // namespace slo::redis
