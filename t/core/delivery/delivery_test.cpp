// SPDX-License-Identifier: BSD-2-Clause
// What is sealed: where it goes, and with which token.
#include "core/delivery/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/delivery/logout_token.h"
#include "t/harness/builders.h"

namespace slo::delivery_test {

constexpr std::string_view token_field = "logout_token=";

jose::Parsed token_in(const Call& sealed) {
  EXPECT_TRUE(sealed.body.starts_with(token_field));
  const auto key = a_key();
  return granted(jose::verify(sealed.body.substr(token_field.size()), {&key}, jose::Algorithm::RS256));
}

std::string claims_in(const Call& sealed) { return dump_json(token_in(sealed).claims.get()); }

Refusal refusal_of(const Provider& provider, const Delivery& delivery, const Moment& moment = a_moment()) {
  const auto sealed = seal(provider, delivery, moment);
  return sealed ? Refusal{Fault::internal, "sealed"} : sealed.error();
}

TEST(Seal, puts_a_fresh_token_and_nothing_else_into_the_form) {
  const auto sealed = granted(seal(a_provider(), a_delivery(), a_moment()));
  EXPECT_EQ(sealed.target, "https://app-a.example.com/backchannel");
  const auto parsed = token_in(sealed);
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
  const auto sealed = granted(seal(provider, a_delivery(), a_moment()));
  EXPECT_EQ(sealed.target, "https://APP.example.com:8443/out?tenant=a%20b&x");
  EXPECT_EQ(granted(receiver_of(provider, a_delivery())),
            (ReceiverName{.uri = sealed.target, .host = "https://app.example.com:8443"}));
}

TEST(Seal, gives_each_lease_and_each_delivery_its_own_jti_even_in_one_moment) {
  const auto provider = a_provider();
  auto jti = [&](const Delivery& delivery, const Moment& moment) {
    return *string_member(token_in(granted(seal(provider, delivery, moment))).claims.get(), "jti");
  };
  const auto first = a_delivery();
  auto second_lease = a_delivery();
  second_lease.token = 2;
  auto other = a_delivery();
  other.id = "sid-21800000000app-a";
  std::vector<std::string> seen{jti(first, a_moment()), jti(second_lease, a_moment()), jti(other, a_moment()),
                                jti(first, a_moment(Millis{0}, 1))};
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::unique(seen).begin(), seen.end());
}

TEST(Seal, repeats_the_claims_of_a_delivery_without_sid_until_they_expire) {
  const auto provider = a_provider();
  auto delivery = a_delivery();
  delivery.sid.reset();
  const auto first = claims_in(granted(seal(provider, delivery, a_moment(Millis{300}, 1))));
  delivery.token = 4;
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
  EXPECT_EQ(first.target, second.target);
  EXPECT_NE(claims_in(first).find("\"aud\":[\"app-a\"]"), std::string::npos);
  EXPECT_NE(claims_in(second).find("\"aud\":[\"app-c\"]"), std::string::npos);
}

TEST(Seal, is_slow_with_a_slow_signature_or_a_key_agreement) {
  auto provider = a_provider();
  const auto delivery = a_delivery();
  EXPECT_TRUE(is_slow_to_seal(provider, delivery));

  auto& client = client_of(provider, delivery.client.value);
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
      for (std::uint64_t token = 1; token <= 8; ++token) {
        auto delivery = a_delivery();
        delivery.token = token;
        mine.push_back(granted(seal(provider, delivery, a_moment())).body);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& mine : written) EXPECT_EQ(mine, written[0]);  // RS256 signs the same alike
  for (const auto& body : written[0])
    EXPECT_EQ(string_member(token_in({.body = body}).claims.get(), "sub"), "alice");
}

}  // namespace slo::delivery_test
