// SPDX-License-Identifier: BSD-2-Clause
// A provider that works for nobody is pointed at; two that would end each other's sessions are refused.
#include "core/provider/doubts.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::provider_doubts_test {

using Told = std::vector<std::string>;

TEST(ProviderDoubts, a_whole_provider_leaves_none) {
  Provider provider = a_provider();
  provider.session_cookies = {CookieScope{.name = "op"}};
  EXPECT_EQ(doubts_about(provider), Told{});
}

TEST(ProviderDoubts, what_is_missing_is_named) {
  EXPECT_EQ(
      doubts_about(Provider{}),
      (Told{"has no clients: add \"clients\" or \"client\", or nobody is told of a logout",
            "has no \"session_cookie\": a logout finds its session only by the sid of an id_token_hint",
            "has neither a usable key in \"jwks\" nor a \"signing_key\": no id_token_hint can be verified"}));
}

TEST(ProviderDoubts, a_key_set_without_keys_is_named_beside_a_key_of_our_own) {
  Provider provider = a_provider();
  provider.session_cookies = {CookieScope{.name = "op"}};
  provider.keys = {};
  EXPECT_EQ(doubts_about(provider), Told{}) << "nobody promised any";
  provider.keys_from = KeysFrom::file;
  EXPECT_EQ(doubts_about(provider),
            (Told{"has no usable key in \"jwks\": an id_token_hint is verified with its \"signing_key\" "
                  "alone"}));
}

TEST(ProviderDoubts, an_idle_limit_that_never_counts_is_named) {
  Provider provider = a_provider();
  provider.session_cookies = {CookieScope{.name = "op"}};
  provider.absolute = Seconds{3600};
  provider.idle = Seconds{3601};
  EXPECT_EQ(doubts_about(provider),
            (Told{"has a \"session\" with \"idle=\" longer than \"absolute=\": it has no effect"}));
  provider.idle = Seconds{3600};
  EXPECT_EQ(doubts_about(provider), Told{});
}

// The store's keys are made of the tag: with one tag, one provider would list and end the other's sessions.
TEST(ProviderDoubts, two_providers_share_neither_issuer_nor_tag) {
  const auto provider = [](const char* name, const char* issuer, const char* tag) {
    return Provider{.name = name, .issuer = {issuer}, .store_tag = tag};
  };
  const Provider a = provider("a", "https://a", "AAAAAA");
  EXPECT_TRUE(check_together(a, provider("b", "https://b", "BBBBBB")).has_value());
  EXPECT_EQ(check_together(a, provider("b", "https://a", "AAAAAA")).error().detail,
            "has the \"issuer\" of slo_provider \"a\": one issuer is one provider");
  EXPECT_EQ(
      check_together(a, provider("b", "https://b", "AAAAAA")).error().detail,
      "has an \"issuer\" that the store cannot tell from that of slo_provider \"a\": change one of them");
}

}  // namespace slo::provider_doubts_test
