// SPDX-License-Identifier: BSD-2-Clause
// How far deliveries have come, by where their records are.
#include "redis_schema/told.h"

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::told_test {

class ToldStates : public StoreTest {
 protected:
  Session ended_session_of(const std::vector<std::string>& clients) {
    for (const auto& client : clients) run(register_participation(test_space, a_lesson(client)));
    run(end_session(test_space, {"sid-1"}, end_terms()));
    return session();
  }
  std::vector<Told> told_now() { return run(told(test_space, session())); }
};

TEST_F(ToldStates, say_delivered_refused_and_what_is_owed) {
  ended_session_of({"a", "b", "c", "d", "e"});
  for (const auto& delivery : claim_all()) {
    const std::string& client = delivery.client.value;
    if (client == "a") settle_with(delivery, Delivered{});
    if (client == "b") settle_with(delivery, Abandon{"400 invalid_request"});
    if (client == "c") settle_with(delivery, Abandon{"503, last attempt"});
    if (client == "d") settle_with(delivery, RetryAt{.delay = Millis{60'000}, .why = "503"});
  }
  EXPECT_EQ(told_now(), (std::vector<Told>{{{"a"}, Told::State::delivered},
                                           {{"b"}, Told::State::refused},
                                           {{"c"}, Told::State::given_up},
                                           {{"d"}, Told::State::failed},
                                           {{"e"}, Told::State::pending}}));
}

TEST_F(ToldStates, are_only_those_of_back_channel_clients) {
  auto front = a_lesson("front");
  front.channels = {.front = true};
  run(register_participation(test_space, front));
  ended_session_of({"back"});
  EXPECT_EQ(told_now(), (std::vector<Told>{{{"back"}, Told::State::pending}}));
}

TEST_F(ToldStates, are_those_of_the_last_login_after_the_end) {
  ended_session_of({"a"});
  for (const auto& delivery : claim_all()) settle_with(delivery, Delivered{});
  for (const auto* late : {"a", "b"}) run(register_participation(test_space, a_lesson(late)));
  EXPECT_EQ(told_now(), (std::vector<Told>{{{"a"}, Told::State::pending}, {{"b"}, Told::State::pending}}));
  let_leases_run_out();
  for (const auto& delivery : claim_all()) settle_with(delivery, Delivered{});
  EXPECT_EQ(told_now(),
            (std::vector<Told>{{{"a"}, Told::State::delivered}, {{"b"}, Told::State::delivered}}));
}

TEST_F(ToldStates, claim_nothing_while_a_bundle_is_not_unbundled) {
  std::vector<std::string> clients;
  for (unsigned i = 0; i <= max_unbundled; ++i) clients.push_back("app-" + std::to_string(i));
  ended_session_of(clients);
  for (const Told& one : told_now()) EXPECT_EQ(one.state, Told::State::pending);
  EXPECT_EQ(told_now().size(), clients.size());
}

TEST_F(ToldStates, claim_no_delivery_where_old_dead_letters_may_have_been_dropped) {
  ended_session_of({"a"});
  for (const auto& delivery : claim_all()) settle_with(delivery, Delivered{});
  const auto letters = dead_key(test_space, partition_of("sid-1"));
  for (unsigned i = 0; i < max_dead_letters; ++i) {
    if (i == 1) {
      EXPECT_EQ(told_now().at(0).state, Told::State::delivered);
    }
    check_request({"ZADD", letters, "1", std::to_string(i)});
  }
  EXPECT_EQ(told_now().at(0).state, Told::State::pending);
}

TEST(ToldExchange, refuses_replies_of_the_wrong_shape) {
  Session session{.key = {"sid-1"}};
  session.participants = {{.client = {"a"}, .channels = {.back = true}}};
  const auto exchange = told(test_space, session);
  EXPECT_EQ(read_bytes(exchange, "*1\r\n$-1\r\n*2\r\n$-1\r\n$-1\r\n:0\r\n").error(),
            (Refusal{Fault::store_reply_unexpected, "HMGET"}));
  EXPECT_EQ(read_bytes(exchange, "-NOPERM no\r\n*0\r\n:0\r\n").error(),
            (Refusal{Fault::store_refused, "NOPERM"}));
}

}  // namespace slo::redis::told_test
