// SPDX-License-Identifier: BSD-2-Clause
// What to make of each answer, and when to try again.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "core/delivery/delivery.h"
#include "t/harness/builders.h"

namespace slo::delivery_verdict_test {

std::string verdict_of(const Verdict& verdict) {
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) return "retry: " + retry->why;
  if (const auto* abandon = std::get_if<Abandon>(&verdict)) return "abandon: " + abandon->why;
  return "delivered";
}

TEST(Abandoned, is_a_receivers_own_refusal_only_where_it_said_so_itself) {
  for (const char* why : {"400", "400 invalid_request", "302", "501"})
    EXPECT_TRUE(is_receivers_own({why})) << why;
  for (const char* why : {"503, last attempt", "timeout, last attempt", "refused, too old",
                          "carrier 404, too old", "delivery_without_subject", ""}) {
    EXPECT_FALSE(is_receivers_own({why})) << why;
  }
}

TEST(Judge, knows_what_every_status_means) {
  struct Row {
    bool by_receiver;
    int status;
    std::string_view verdict;
  };
  for (const auto& row : {Row{true, 200, "delivered"},           Row{true, 204, "delivered"},
                          Row{true, 201, "delivered"},           Row{true, 202, "delivered"},
                          Row{true, 205, "delivered"},           Row{true, 299, "delivered"},
                          Row{true, 199, "retry: 199"},          Row{true, 300, "abandon: 300"},
                          Row{true, 301, "abandon: 301"},        Row{true, 302, "abandon: 302"},
                          Row{true, 307, "abandon: 307"},        Row{true, 400, "abandon: 400"},
                          Row{true, 401, "abandon: 401"},        Row{true, 403, "abandon: 403"},
                          Row{true, 404, "abandon: 404"},        Row{true, 408, "retry: 408"},
                          Row{true, 413, "abandon: 413"},        Row{true, 429, "retry: 429"},
                          Row{true, 499, "abandon: 499"},        Row{true, 500, "retry: 500"},
                          Row{true, 501, "abandon: 501"},        Row{true, 502, "retry: 502"},
                          Row{true, 503, "retry: 503"},          Row{true, 504, "retry: 504"},
                          Row{true, 599, "retry: 599"},          Row{true, 600, "retry: 600"},
                          Row{true, 101, "retry: 101"},          Row{true, 0, "retry: no valid answer"},
                          Row{false, 502, "retry: refused"},     Row{false, 504, "retry: timeout"},
                          Row{false, 500, "retry: carrier 500"}, Row{false, 403, "retry: carrier 403"},
                          Row{false, 404, "retry: carrier 404"}, Row{false, 400, "retry: carrier 400"},
                          Row{false, 200, "retry: carrier 200"}, Row{false, 0, "retry: carrier 0"}}) {
    const Answer answer{.by_receiver = row.by_receiver, .status = row.status};
    EXPECT_EQ(verdict_of(judge(DeliveryPolicy{}, a_delivery(), answer, a_moment())), row.verdict);
  }
}

TEST(Judge, tells_apart_why_nobody_was_reached) {
  const auto why = [](std::string sentence) {
    const Answer answer{.by_receiver = false, .status = 502, .sample = std::move(sentence)};
    return verdict_of(judge({}, a_delivery(), answer, a_moment()));
  };
  EXPECT_EQ(why("connect() failed (111: Connection refused)"), "retry: refused");
  EXPECT_EQ(why(""), "retry: refused");
  EXPECT_EQ(why("upstream SSL certificate verify error: (10:certificate has expired)"), "retry: certificate");
  EXPECT_EQ(why("upstream SSL certificate does not match \"app.example\""), "retry: certificate");
  EXPECT_EQ(why("SSL_do_handshake() failed (SSL: error:0A00010B)"), "retry: handshake");
  EXPECT_EQ(why("SSL_read() failed (SSL: error:0A00045C:SSL routines::tlsv13 alert certificate required:SSL "
                "alert number 116)"),
            "retry: handshake");
  EXPECT_EQ(why("SSL_write() failed (SSL: error:0A00045C)"), "retry: handshake");
  EXPECT_EQ(why("peer closed connection in SSL handshake (104: Connection reset by peer)"),
            "retry: handshake");
  for (auto sentence : {"upstream sent no valid HTTP/1.0 header", "upstream sent too big header",
                        "upstream sent invalid header: \"A b\\x20...\""}) {
    EXPECT_EQ(why(sentence), "retry: malformed answer");
  }
  EXPECT_EQ(why("upstream prematurely closed connection"), "retry: refused");
  EXPECT_EQ(why("app.example could not be resolved (3: Host not found)"), "retry: unresolved");
  EXPECT_EQ(why("no resolver defined to resolve app.example"), "retry: unresolved");
}

TEST(Answer, is_the_carriers_fault_where_no_receiver_could_have_helped_it) {
  const auto blamed = [](int status, std::string sentence = {}, bool by_receiver = false) {
    return is_locations_fault({.by_receiver = by_receiver, .status = status, .sample = std::move(sentence)});
  };
  EXPECT_TRUE(blamed(403));
  EXPECT_TRUE(blamed(500));
  EXPECT_TRUE(blamed(502, "no resolver defined to resolve app.example"));
  EXPECT_FALSE(blamed(502, "app.example could not be resolved (3: Host not found)"));
  EXPECT_FALSE(blamed(502));
  EXPECT_FALSE(blamed(504));
  EXPECT_FALSE(blamed(500, "no resolver defined to resolve app.example", true)) << "the receiver says that";
}

TEST(Judge, tells_a_receivers_fault_from_one_of_this_host) {
  for (auto sentence :
       {"connect() to unix:/run/app.sock failed (2: No such file or directory)",
        "connect() to 0.0.0.1:80 failed (22: Invalid argument)",
        "SSL_do_handshake() failed (SSL: error:0A000410)", "SSL_read() failed (SSL: error:0A00045C)",
        "SSL_write() failed (SSL: error:0A00045C)", "SSL_shutdown() failed (SSL: error:0A000123)",
        "peer closed connection in SSL handshake", "upstream server temporarily disabled",
        "upstream sent more data than specified in \"Content-Length\" header"}) {
    EXPECT_TRUE(is_receivers_fault(sentence)) << sentence;
  }
  for (auto sentence : {"", "connect() to 192.0.2.1:443 failed (99: Cannot assign requested address)",
                        "connect() to unix:/run/app.sock failed (13: Permission denied)",
                        "socket() failed (24: Too many open files)", "SSL_new() failed (SSL: error:1)",
                        "pwrite() \"/var/lib/nginx/proxy/1\" failed (28: No space left on device)",
                        "using uninitialized \"x\" variable"}) {
    EXPECT_FALSE(is_receivers_fault(sentence)) << sentence;
  }
}

TEST(Judge, leaves_what_a_receiver_sent_out_of_a_sentence_of_nginx) {
  for (auto [sentence, kept] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"upstream sent invalid header: \"X: logout_token=e.y.J\\x00...\"",
            "upstream sent invalid header"},
           {"upstream sent invalid status \"2 e.y.J\"", "upstream sent invalid status"},
           {"upstream sent duplicate header line: \"A: e.y.J\", previous value: \"A: b\"",
            "upstream sent duplicate header line"},
           {"upstream sent invalid \"Content-Length\" header: \"e.y.J\"",
            "upstream sent invalid \"Content-Length\" header"},
           {"upstream sent unknown \"Transfer-Encoding\": \"e.y.J\"",
            "upstream sent unknown \"Transfer-Encoding\""},
           {"upstream sent more data than specified in \"Content-Length\" header",
            "upstream sent more data than specified in \"Content-Length\" header"},
           {"upstream timed out (110: Connection timed out)",
            "upstream timed out (110: Connection timed out)"},
           {"pwrite() failed: \"x\"", "pwrite() failed: \"x\""},
           {"", ""}}) {
    EXPECT_EQ(without_receivers_words(sentence), kept);
  }
}

TEST(Judge, keeps_the_error_code_of_a_400_and_nothing_else_of_the_body) {
  auto why = [](std::string_view sample, int status = 400) {
    const Answer answer{.by_receiver = true, .status = status, .sample = std::string(sample)};
    return verdict_of(judge(DeliveryPolicy{}, a_delivery(), answer, a_moment()));
  };
  EXPECT_EQ(why(R"({"error":"invalid_request","error_description":"no such session"})"),
            "abandon: 400 invalid_request");
  EXPECT_EQ(why(R"({"error":"a.B-9"})"), "abandon: 400 a.B-9");
  for (auto sample :
       {"", "<html>", "[\"invalid_request\"]", "{\"error\":7}", "{\"error\":\"\"}",
        "{\"error\":\"two words\"}", "{\"error\":\"line\\nbreak\"}", "{\"error\":\"<b>\"}",
        "{\"error\":\"invalid_request\"", "{\"error\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
        "{\"error\":\"sid-1\"}", "{\"error\":\"no.user.alice\"}"}) {
    EXPECT_EQ(why(sample), "abandon: 400") << sample;
  }
  EXPECT_EQ(why(R"({"error":"invalid_request"})", 403), "abandon: 403");
  EXPECT_EQ(why(R"({"error":"invalid_request"})", 503), "retry: 503");
}

TEST(Judge, gives_up_after_the_last_attempt) {
  const DeliveryPolicy policy{.attempts = 3};
  auto verdict = [&](unsigned attempt, const Answer& answer) {
    auto delivery = a_delivery();
    delivery.attempt = attempt;
    return verdict_of(judge(policy, delivery, answer, a_moment()));
  };
  const Answer busy{.by_receiver = true, .status = 503};
  EXPECT_EQ(verdict(2, busy), "retry: 503");
  EXPECT_EQ(verdict(3, busy), "abandon: 503, last attempt");
  EXPECT_EQ(verdict(4, busy), "abandon: 503, last attempt");
  EXPECT_EQ(verdict(3, Answer{.by_receiver = false, .status = 504}), "abandon: timeout, last attempt");
  EXPECT_EQ(verdict(3, Answer{.by_receiver = true, .status = 200}), "delivered");
}

TEST(Judge, gives_up_when_the_delivery_is_too_old_and_tries_once_more_just_then) {
  const DeliveryPolicy policy{.max_age = Millis{60'000}};
  const Answer busy{.by_receiver = true, .status = 503, .retry_after = Seconds{600}};
  auto verdict = [&](Millis age) { return judge(policy, a_delivery(), busy, a_moment(age)); };
  EXPECT_EQ(verdict(Millis{59'000}), (Verdict{RetryAt{.delay = Millis{1'000}, .why = "503"}}));
  EXPECT_EQ(verdict(Millis{60'000}), (Verdict{Abandon{"503, too old"}}));
  EXPECT_EQ(verdict(Millis{70'000}), (Verdict{Abandon{"503, too old"}}));
}

Millis delay_of(const Verdict& verdict) {
  const auto* retry = std::get_if<RetryAt>(&verdict);
  return retry == nullptr ? Millis{-1} : retry->delay;
}

TEST(Judge, doubles_the_delay_up_to_the_longest_and_spreads_it_by_half) {
  const DeliveryPolicy policy{
      .attempts = 100, .first = Millis{1000}, .max = Millis{6000}, .max_age = std::chrono::hours{24}};
  struct Row {
    unsigned attempt;
    Millis middle;
  };
  for (const auto& row :
       {Row{0, Millis{1000}}, Row{1, Millis{1000}}, Row{2, Millis{2000}}, Row{3, Millis{4000}},
        Row{4, Millis{6000}}, Row{5, Millis{6000}}, Row{99, Millis{6000}}}) {
    auto delivery = a_delivery();
    delivery.attempt = row.attempt;
    Millis shortest = Millis::max();
    Millis longest{0};
    for (int random = 0; random < 256; ++random) {
      const auto moment = a_moment(Millis{0}, static_cast<unsigned char>(random));
      const auto delay =
          delay_of(judge(policy, delivery, Answer{.by_receiver = true, .status = 500}, moment));
      shortest = std::min(shortest, delay);
      longest = std::max(longest, delay);
    }
    EXPECT_GE(shortest, row.middle / 2) << row.attempt;
    EXPECT_LT(shortest, row.middle * 6 / 10) << row.attempt;
    EXPECT_GT(longest, row.middle * 14 / 10) << row.attempt;
    EXPECT_LE(longest, row.middle * 15 / 10) << row.attempt;
  }
}

TEST(Judge, spreads_deliveries_that_fail_in_one_moment) {
  auto first = a_delivery();
  auto second = a_delivery();
  second.id += "x";
  const Answer busy{.by_receiver = true, .status = 500};
  EXPECT_NE(judge(DeliveryPolicy{}, first, busy, a_moment()),
            judge(DeliveryPolicy{}, second, busy, a_moment()));
  EXPECT_EQ(judge(DeliveryPolicy{}, first, busy, a_moment()),
            judge(DeliveryPolicy{}, first, busy, a_moment()));
}

TEST(Judge, spreads_the_leases_of_one_delivery) {
  auto second = a_delivery();
  ++second.token;
  const Answer busy{.by_receiver = true, .status = 500};
  EXPECT_NE(judge(DeliveryPolicy{}, a_delivery(), busy, a_moment()),
            judge(DeliveryPolicy{}, second, busy, a_moment()));
}

TEST(Judge, heeds_retry_after_where_it_is_longer_up_to_the_longest_delay) {
  const DeliveryPolicy policy{.first = Millis{1000}, .max = Millis{100'000}};
  auto delay = [&](std::optional<Seconds> retry_after, bool by_receiver = true, int status = 503) {
    const Answer answer{.by_receiver = by_receiver, .status = status, .retry_after = retry_after};
    return delay_of(judge(policy, a_delivery(), answer, a_moment()));
  };
  const auto usual = delay(std::nullopt);
  EXPECT_LE(usual, Millis{1500});
  EXPECT_EQ(delay(Seconds{0}), usual);
  EXPECT_EQ(delay(Seconds{-5}), usual);
  EXPECT_EQ(delay(Seconds{30}), Millis{30'000});
  EXPECT_EQ(delay(Seconds{30}, true, 429), Millis{30'000});
  EXPECT_EQ(delay(Seconds{3600}), Millis{100'000});
  EXPECT_EQ(delay(Seconds{30}, false, 504), usual);
}

TEST(Judge, tries_again_after_refusals_that_may_heal) {
  auto verdict = [](Fault fault) {
    return verdict_of(judge(DeliveryPolicy{}, a_delivery(), Refusal{fault, "detail"}, a_moment()));
  };
  EXPECT_EQ(verdict(Fault::delivery_client_gone), "retry: delivery_client_gone");
  EXPECT_EQ(verdict(Fault::key_unusable), "retry: key_unusable");
  EXPECT_EQ(verdict(Fault::delivery_without_subject), "abandon: delivery_without_subject");
  EXPECT_EQ(verdict(Fault::delivery_expired), "abandon: delivery_expired");
  EXPECT_EQ(verdict(Fault::delivery_uri_refused), "abandon: delivery_uri_refused");
  auto last = a_delivery();
  last.attempt = 10;
  EXPECT_EQ(verdict_of(judge(DeliveryPolicy{}, last, Refusal{Fault::delivery_client_gone}, a_moment())),
            "abandon: delivery_client_gone, last attempt");
}

TEST(Attempt, is_what_was_tried) {
  EXPECT_TRUE(is_attempt(Delivered{}));
  EXPECT_TRUE(is_attempt(RetryAt{.why = "503"}));
  EXPECT_TRUE(is_attempt(Abandon{"404"}));
  EXPECT_FALSE(is_attempt(RetryAt{.why = "a worker quit", .tried = false}));
  EXPECT_FALSE(is_attempt(put_off(DeliveryPolicy{}, a_delivery(), a_moment())));
}

TEST(PutOff, waits_no_longer_for_attempts_and_is_never_the_last) {
  const DeliveryPolicy policy{.attempts = 3};
  auto delivery = a_delivery();
  const auto first = put_off(policy, delivery, a_moment());
  EXPECT_EQ(first.why, "waited too long for its receiver");
  EXPECT_FALSE(first.tried);
  for (const unsigned attempt : {2u, 3u, 100u}) {
    delivery.attempt = attempt;
    EXPECT_EQ(put_off(policy, delivery, a_moment()), first) << attempt;
  }
}

TEST(PutOff, waits_for_an_eighth_of_the_age_between_the_first_delay_and_the_longest) {
  const DeliveryPolicy policy{.first = Millis{4000}, .max = Millis{60'000}, .max_age = Millis{1'000'000}};
  struct Row {
    Millis age, shortest, longest;
  };
  for (const auto& row :
       {Row{Millis{-5000}, Millis{2000}, Millis{6000}}, Row{Millis{0}, Millis{2000}, Millis{6000}},
        Row{Millis{80'000}, Millis{5000}, Millis{15'000}},
        Row{Millis{900'000}, Millis{30'000}, Millis{90'000}},
        Row{Millis{999'000}, Millis{1000}, Millis{1000}},  // there is a try at the end
        Row{Millis{1'000'000}, Millis{30'000}, Millis{90'000}}}) {
    for (int dice = 0; dice < 64; ++dice) {
      const auto delay =
          put_off(policy, a_delivery(), a_moment(row.age, static_cast<unsigned char>(dice)), Millis{1}).delay;
      EXPECT_GE(delay, row.shortest) << row.age.count();
      EXPECT_LE(delay, row.longest + Millis{1}) << row.age.count();
    }
  }
}

TEST(PutOff, waits_until_a_shut_receiver_may_be_called_and_then_some) {
  const DeliveryPolicy policy{.first = Millis{4000}};
  const auto usual = put_off(policy, a_delivery(), a_moment(), Millis{1});
  EXPECT_EQ(put_off(policy, a_delivery(), a_moment(), Millis{30'001}).delay, usual.delay + Millis{30'000});
}

TEST(PutOff, waits_for_a_second_where_only_the_queue_is_full_however_patient_one_is_with_failures) {
  struct Row {
    Millis first, age, shortest, longest;
  };
  for (const auto& row : {Row{Millis{600'000}, Millis{0}, Millis{500}, Millis{1500}},
                          Row{Millis{600'000}, Millis{80'000}, Millis{5000}, Millis{15'000}},
                          Row{Millis{200}, Millis{0}, Millis{100}, Millis{300}}}) {
    const DeliveryPolicy policy{.first = row.first, .max = Millis{900'000}, .max_age = Millis{3'600'000}};
    for (int dice = 0; dice < 64; ++dice) {
      const auto delay =
          put_off(policy, a_delivery(), a_moment(row.age, static_cast<unsigned char>(dice))).delay;
      EXPECT_GE(delay, row.shortest) << row.age.count();
      EXPECT_LE(delay, row.longest) << row.age.count();
    }
  }
}

TEST(PutOff, ends_when_it_is_too_old) {
  const DeliveryPolicy policy{.max_age = Millis{1000}};
  EXPECT_FALSE(is_too_old(policy, a_delivery(), a_moment(Millis{999})));
  EXPECT_TRUE(is_too_old(policy, a_delivery(), a_moment(Millis{1000})));
}

TEST(CallOutcome, tells_a_receiver_that_fails_from_a_host_that_is_not_there) {
  struct Row {
    Answer answer;
    CallOutcome outcome;
  };
  using enum CallOutcome;
  for (const auto& row :
       {Row{{.by_receiver = true, .status = 200}, answered},
        Row{{.by_receiver = true, .status = 400}, answered},
        Row{{.by_receiver = true, .status = 429}, answered},
        Row{{.by_receiver = true, .status = 500}, receiver_failed},
        Row{{.by_receiver = true, .status = 503}, receiver_failed},
        Row{{.status = 504, .is_connected = true}, receiver_failed},
        Row{{.status = 502, .is_connected = true}, receiver_failed}, Row{{.status = 504}, host_failed},
        Row{{.status = 502, .sample = "connect() failed (111: Connection refused)"}, host_failed},
        Row{{.status = 502, .sample = "no resolver defined to resolve app"}, nothing},
        Row{{.status = 500, .is_connected = true}, nothing}}) {
    EXPECT_EQ(outcome_of(row.answer), row.outcome) << row.answer.status << " " << row.answer.sample;
  }
}

TEST(Told, says_what_became_of_a_delivery) {
  EXPECT_EQ(told_state(Delivered{}), Told::State::delivered);
  EXPECT_EQ(told_state(RetryAt{.why = "503"}), Told::State::failed);
  EXPECT_EQ(told_state(Abandon{"400"}), Told::State::refused);
  EXPECT_EQ(told_state(Abandon{"503, last attempt"}), Told::State::given_up);
}

TEST(Breaker, of_a_policy_waits_for_a_minute_at_most) {
  EXPECT_EQ(breaker_of({}).first, Millis{5000});
  EXPECT_EQ(breaker_of({}).max, Millis{60'000});
  EXPECT_EQ(breaker_of({}).idle, Millis{1'800'000}) << "longer than any delivery waits";
  EXPECT_EQ(breaker_of({.first = Millis{1000}, .max = Millis{2000}}).max, Millis{2000});
}

}  // namespace slo::delivery_verdict_test
