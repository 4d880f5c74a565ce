// SPDX-License-Identifier: BSD-2-Clause
// What goes into the envelope, and what to make of each answer.
#include "core/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

#include "core/logout_token.h"
#include "t/harness/builders.h"

namespace slo::delivery_test {

constexpr std::string_view token_field = "logout_token=";

jose::Parsed token_in(const Envelope& envelope) {
  EXPECT_TRUE(envelope.body.starts_with(token_field));
  const auto key = a_key();
  return granted(jose::verify(envelope.body.substr(token_field.size()), {&key}, jose::Algorithm::RS256));
}

std::string claims_in(const Envelope& envelope) { return dump_json(token_in(envelope).claims.get()); }

Refusal refusal_of(const Provider& provider, const Delivery& delivery, const Moment& moment = a_moment()) {
  const auto envelope = seal(provider, delivery, moment);
  return envelope ? Refusal{Fault::internal, "sealed"} : envelope.error();
}

std::string verdict_of(const Verdict& verdict) {
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) return "retry: " + retry->why;
  if (const auto* abandon = std::get_if<Abandon>(&verdict)) return "abandon: " + abandon->why;
  return "delivered";
}

TEST(Seal, puts_a_fresh_token_and_nothing_else_into_the_form) {
  const auto envelope = granted(seal(a_provider(), a_delivery(), a_moment()));
  EXPECT_EQ(envelope.uri, "https://app-a.example.com/backchannel");
  const auto parsed = token_in(envelope);
  const auto now = login_time.time_since_epoch().count() + 600;
  EXPECT_EQ(string_member(parsed.claims.get(), "sub"), "alice");
  EXPECT_EQ(string_member(parsed.claims.get(), "sid"), "sid-1");
  EXPECT_EQ(integer_member(parsed.claims.get(), "iat"), now);
  EXPECT_EQ(integer_member(parsed.claims.get(), "exp"), now + 120);
  EXPECT_EQ(string_member(parsed.claims.get(), "jti")->size(), 22u);
}

TEST(Seal, keeps_the_registered_query_and_names_the_lane_by_scheme_host_and_port) {
  auto provider = a_provider();
  Client client = a_back_client();
  client.backchannel_logout_uri = "https://APP.example.com:8443/out?tenant=a%20b&x";
  enrol(provider, std::move(client));
  const auto envelope = granted(seal(provider, a_delivery(), a_moment()));
  EXPECT_EQ(envelope.uri, "https://APP.example.com:8443/out?tenant=a%20b&x");
  EXPECT_EQ(granted(receiver_of(provider, a_delivery())), "https://app.example.com:8443");
}

TEST(Seal, gives_each_attempt_and_each_delivery_its_own_jti_even_in_one_moment) {
  const auto provider = a_provider();
  auto jti = [&](const Delivery& delivery, const Moment& moment) {
    return *string_member(token_in(granted(seal(provider, delivery, moment))).claims.get(), "jti");
  };
  const auto first = a_delivery();
  auto second_attempt = a_delivery();
  second_attempt.attempt = 2;
  auto other = a_delivery();
  other.id = "sid-21800000000app-a";
  std::vector<std::string> seen{jti(first, a_moment()), jti(second_attempt, a_moment()),
                                jti(other, a_moment()), jti(first, a_moment(Millis{0}, 1))};
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::unique(seen).begin(), seen.end());
}

TEST(Seal, repeats_the_claims_of_a_delivery_without_sid_until_they_expire) {
  const auto provider = a_provider();
  auto delivery = a_delivery();
  delivery.sid.reset();
  const auto first = claims_in(granted(seal(provider, delivery, a_moment(Millis{300}, 1))));
  delivery.attempt = 4;
  EXPECT_EQ(claims_in(granted(seal(provider, delivery, a_moment(Millis{119'999}, 2)))), first);
  EXPECT_EQ(refusal_of(provider, delivery, a_moment(Millis{120'000})).fault, Fault::delivery_expired);
  EXPECT_NE(first.find("\"iat\":1800000600,\"exp\":1800000720"), std::string::npos);
  EXPECT_EQ(first.find("\"sid\""), std::string::npos);
  delivery.id += "x";
  EXPECT_NE(claims_in(granted(seal(provider, delivery, a_moment()))), first);
}

TEST(Seal, writes_a_delivery_with_sid_anew_however_late) {
  const auto late = a_moment(std::chrono::hours{20});
  const auto parsed = token_in(granted(seal(a_provider(), a_delivery(), late)));
  EXPECT_EQ(integer_member(parsed.claims.get(), "iat"), late.seconds().time_since_epoch().count());
}

TEST(Seal, refuses_what_cannot_or_must_not_be_sent) {
  auto provider = a_provider();
  auto to = [](std::string_view client) {
    auto delivery = a_delivery();
    delivery.client = ClientId{std::string(client)};
    return delivery;
  };
  EXPECT_EQ(refusal_of(provider, to("nobody")), (Refusal{Fault::delivery_client_gone, "client nobody"}));
  EXPECT_EQ(refusal_of(provider, to("app-b")),
            (Refusal{Fault::delivery_client_gone, "client app-b has no backchannel_logout_uri"}));
  EXPECT_EQ(receiver_of(provider, to("nobody")).error().fault, Fault::delivery_client_gone);
  auto nameless = a_delivery();
  nameless.sid.reset();
  nameless.sub.reset();
  EXPECT_EQ(refusal_of(provider, nameless).fault, Fault::delivery_without_subject);

  Client plain = a_back_client();
  plain.backchannel_logout_uri = "http://app-a.example.com/backchannel";
  enrol(provider, std::move(plain));
  EXPECT_EQ(refusal_of(provider, a_delivery()), (Refusal{Fault::delivery_uri_refused, "the scheme is http"}));
  provider.egress.allow_http = true;
  EXPECT_TRUE(seal(provider, a_delivery(), a_moment()));
  for (auto uri : {"ftp://app-a.example.com/", "not a uri"}) {
    Client odd = a_back_client();
    odd.backchannel_logout_uri = uri;
    enrol(provider, std::move(odd));
    EXPECT_EQ(refusal_of(provider, a_delivery()).fault, Fault::delivery_uri_refused) << uri;
  }
  EXPECT_EQ(receiver_of(provider, a_delivery()).error().fault, Fault::delivery_uri_refused);

  Client keyless = a_back_client();
  keyless.id_token_signed_response_alg = jose::Algorithm::ES512;
  enrol(provider, std::move(keyless));
  EXPECT_EQ(refusal_of(provider, a_delivery()).fault, Fault::key_unusable);
}

TEST(Seal, gives_two_clients_with_one_uri_two_tokens) {
  auto provider = a_provider();
  Client twin = a_back_client("app-c");
  twin.backchannel_logout_uri = provider.find(ClientId{"app-a"})->backchannel_logout_uri;
  enrol(provider, std::move(twin));
  auto delivery = a_delivery();
  const auto first = granted(seal(provider, delivery, a_moment()));
  delivery.client = ClientId{"app-c"};
  const auto second = granted(seal(provider, delivery, a_moment()));
  EXPECT_EQ(first.uri, second.uri);
  EXPECT_NE(claims_in(first).find("\"aud\":[\"app-a\"]"), std::string::npos);
  EXPECT_NE(claims_in(second).find("\"aud\":[\"app-c\"]"), std::string::npos);
}

TEST(Seal, is_slow_with_a_slow_signature_or_a_key_agreement) {
  auto provider = a_provider();
  const auto delivery = a_delivery();
  EXPECT_TRUE(is_slow_to_seal(provider, delivery));

  auto& client = provider.clients.at(delivery.client);
  client.id_token_signed_response_alg = jose::Algorithm::HS256;
  EXPECT_FALSE(is_slow_to_seal(provider, delivery));

  client.id_token_encrypted_response_alg = "ECDH-ES";
  EXPECT_TRUE(is_slow_to_seal(provider, delivery));
}

TEST(Seal, is_not_slow_to_refuse) {
  auto delivery = a_delivery();
  delivery.client = ClientId{"nobody"};
  EXPECT_FALSE(is_slow_to_seal(a_provider(), delivery));
}

TEST(Seal, serves_several_threads_at_once) {
  const auto provider = a_provider();
  std::array<std::vector<std::string>, 4> written;
  std::vector<std::thread> threads;
  for (auto& mine : written) {
    threads.emplace_back([&provider, &mine] {
      for (unsigned attempt = 1; attempt <= 8; ++attempt) {
        auto delivery = a_delivery();
        delivery.attempt = attempt;
        mine.push_back(granted(seal(provider, delivery, a_moment())).body);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& mine : written) EXPECT_EQ(mine, written[0]);  // RS256 signs the same alike
  for (const auto& body : written[0])
    EXPECT_EQ(string_member(token_in({.body = body}).claims.get(), "sub"), "alice");
}

TEST(Judge, knows_what_every_status_means) {
  struct Row {
    bool by_receiver;
    int status;
    std::string_view verdict;
  };
  for (const auto& row : {Row{true, 200, "delivered"},           Row{true, 204, "delivered"},
                          Row{true, 201, "abandon: 201"},        Row{true, 202, "abandon: 202"},
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
  EXPECT_EQ(why("app.example could not be resolved (3: Host not found)"), "retry: unresolved");
  EXPECT_EQ(why("no resolver defined to resolve app.example"), "retry: unresolved");
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
    for (int dice = 0; dice < 256; ++dice) {
      const auto moment = a_moment(Millis{0}, static_cast<unsigned char>(dice));
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

}  // namespace slo::delivery_test
