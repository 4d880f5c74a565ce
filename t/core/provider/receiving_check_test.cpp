// SPDX-License-Identifier: BSD-2-Clause
// What an OP's logouts could not be received by, or not be remembered for, is found before.
#include <gtest/gtest.h>

#include <functional>

#include "core/provider/doubts.h"
#include "core/provider/provider.h"
#include "t/harness/builders.h"

namespace slo::receiving_check_test {
namespace {

using Told = std::vector<std::string>;

// As a provider of `issuer` and `client_id` alone is, whose keys are fetched.
Provider a_receiver() {
  Provider provider{.name = "corp", .issuer = Issuer{std::string(test_issuer)}};
  provider.store_tag = store_tag(provider.issuer);
  provider.client_ids = {"gateway"};
  provider.keys_from = KeysFrom::discovery;
  return provider;
}

// The sentence that refuses it after `spoil`.
std::string refused(const std::function<void(Provider&)>& spoil) {
  Provider provider = a_receiver();
  spoil(provider);
  const auto checked = check(provider);
  return checked ? "accepted" : checked.error().detail;
}

jose::Key secret_of(std::size_t bytes) { return granted(jose::Key::from_secret(std::string(bytes, 's'))); }

}  // namespace

TEST(Receiving, needs_an_issuer_and_a_client_id_alone) {
  EXPECT_EQ(refused([](Provider&) {}), "accepted");
  EXPECT_EQ(doubts_about(a_receiver()), Told{});
}

TEST(Receiving, is_all_there_is_where_nothing_is_ended_here) {
  const auto only = [](const std::function<void(Provider&)>& add) {
    Provider provider = a_receiver();
    add(provider);
    return provider.only_receives();
  };
  EXPECT_TRUE(only([](Provider&) {}));
  EXPECT_FALSE(only([](Provider& provider) { provider.client_ids.clear(); }));
  EXPECT_FALSE(only([](Provider& provider) { provider.signing_keys.push_back(a_key()); }));
  EXPECT_FALSE(only([](Provider& provider) { provider.shown_keys.push_back(a_key()); }));
  EXPECT_FALSE(only([](Provider& provider) { provider.session_cookies = {CookieScope{.name = "c"}}; }));
  EXPECT_FALSE(only([](Provider& provider) { provider.fetches_clients = true; }));
  EXPECT_FALSE(only([](Provider& provider) { enrol(provider, a_client()); }));
}

TEST(Receiving, seals_no_tickets_unless_sessions_end_here_too) {
  EXPECT_EQ(refused([](Provider& provider) { provider.session_cookies = {CookieScope{.name = "c"}}; }),
            "the secret that seals tickets must have 32 bytes");
  EXPECT_EQ(refused([](Provider& provider) { provider.ticket_secret = "short"; }),
            "the secret that seals tickets must have 32 bytes");
}

TEST(Receiving, is_for_clients_whose_ids_can_be_ones) {
  EXPECT_EQ(refused([](Provider& provider) {
              provider.client_ids = {"a", ""};
            }),
            "\"client_id\" must be 1 to 255 bytes of printable text");
  EXPECT_EQ(refused([](Provider& provider) { provider.client_ids = {"a\nb"}; }),
            "\"client_id\" must be 1 to 255 bytes of printable text");
  EXPECT_EQ(refused([](Provider& provider) {
              provider.client_ids = {"a", "b", "a"};
            }),
            "\"client_id\" \"a\" stands twice");
}

TEST(Receiving, by_hmac_needs_a_secret_that_is_long_enough) {
  const auto with = [](jose::Algorithm algorithm, std::size_t bytes) {
    return refused([=](Provider& provider) {
      provider.op_algorithm = algorithm;
      if (bytes > 0) provider.client_secret = secret_of(bytes);
    });
  };
  EXPECT_EQ(with(jose::Algorithm::HS256, 0),
            "\"signing_alg\" HS256 needs a \"client_secret_file\": the OP signs with it");
  EXPECT_EQ(with(jose::Algorithm::HS256, 32), "accepted");
  EXPECT_EQ(with(jose::Algorithm::HS384, 47),
            "\"client_secret_file\" must hold at least 48 bytes for \"signing_alg\" HS384");
  EXPECT_EQ(with(jose::Algorithm::HS384, 48), "accepted");
  EXPECT_EQ(with(jose::Algorithm::HS512, 63),
            "\"client_secret_file\" must hold at least 64 bytes for \"signing_alg\" HS512");
  EXPECT_EQ(with(jose::Algorithm::HS512, 64), "accepted");
}

TEST(Receiving, keeps_what_has_ended_for_a_sensible_time) {
  const auto kept = [](Seconds time) {
    return refused([=](Provider& provider) { provider.retention = time; });
  };
  const std::string wrong = "\"retention\" must be 1 minute to 90 days";
  EXPECT_EQ(kept(Seconds{59}), wrong);
  EXPECT_EQ(kept(Seconds{60}), "accepted");
  EXPECT_EQ(kept(Seconds{90 * 24 * 3600}), "accepted");
  EXPECT_EQ(kept(Seconds{90 * 24 * 3600 + 1}), wrong);
}

TEST(Receiving, may_be_stale_for_two_seconds_to_a_day) {
  const auto stale = [](Seconds time) {
    return refused([=](Provider& provider) { provider.max_stale = time; });
  };
  const std::string wrong = "\"max_stale\" must be 2 seconds to 1 day";
  EXPECT_EQ(stale(Seconds{1}), wrong);
  EXPECT_EQ(stale(Seconds{2}), "accepted");
  EXPECT_EQ(stale(Seconds{24 * 3600}), "accepted");
  EXPECT_EQ(stale(Seconds{24 * 3600 + 1}), wrong);
}

TEST(ReceivingDoubts, a_receiver_without_the_ops_keys_is_named) {
  const Told without{
      "has a \"client_id\", but no usable key of the OP: add \"jwks\", or a location with \"slo_deliver\", "
      "through which its keys are fetched, or no logout token can be verified"};
  Provider provider = a_receiver();
  provider.keys_from = KeysFrom::nowhere;
  EXPECT_EQ(doubts_about(provider), without);
  provider.keys_from = KeysFrom::file;
  EXPECT_EQ(doubts_about(provider), without);
  provider.keys.add(a_key());
  EXPECT_EQ(doubts_about(provider), Told{});
}

TEST(ReceivingDoubts, our_own_keys_serve_where_the_op_signs_with_them) {
  Provider provider = a_provider();
  provider.client_ids = {"gateway"};
  EXPECT_EQ(doubts_about(provider), Told{});
}

TEST(ReceivingDoubts, a_secret_verifies_without_keys_where_it_is_used) {
  Provider provider = a_receiver();
  provider.client_secret = secret_of(32);
  EXPECT_EQ(doubts_about(provider),
            Told{"has a \"client_secret_file\" that is not used: \"signing_alg\" is RS256"});
  provider.op_algorithm = jose::Algorithm::HS256;
  provider.keys_from = KeysFrom::nowhere;
  EXPECT_EQ(doubts_about(provider), Told{});
}

TEST(ReceivingDoubts, rules_for_tokens_that_are_for_nobody_are_named) {
  const Told idle{
      "has no \"client_id\": \"client_secret_file\", \"exp\", \"signing_alg\" and \"typ\" have no effect"};
  const auto with = [](const std::function<void(Provider&)>& say) {
    Provider provider = a_provider();
    say(provider);
    return doubts_about(provider);
  };
  EXPECT_EQ(with([](Provider& provider) { provider.strict_typ = true; }), idle);
  EXPECT_EQ(with([](Provider& provider) { provider.exp_required = false; }), idle);
  EXPECT_EQ(with([](Provider& provider) { provider.op_algorithm = jose::Algorithm::ES256; }), idle);
  EXPECT_EQ(with([](Provider& provider) { provider.client_secret = secret_of(32); }), idle);
  EXPECT_EQ(with([](Provider& provider) { provider.fail_closed = true; }), Told{});
}

}  // namespace slo::receiving_check_test
