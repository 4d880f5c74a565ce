// SPDX-License-Identifier: BSD-2-Clause
// A sealed value opens to what it was, with the same secret and for the same cookie, and in no other way.
#include "core/app/sealed_value.h"

#include <gtest/gtest.h>

namespace slo::sealed_value_test {

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view fresh = "twelve bytes";
const std::string about = sealed_about(SessionKey{"sid-1"}, "JSESSIONID");

TEST(SealedValue, opens_to_what_was_sealed) {
  for (const std::string& value :
       {std::string("c00kie"), std::string(), std::string(4096, 'a'), std::string("\0\x1f", 2)})
    EXPECT_EQ(open_value(secret, about, seal_value(secret, about, value, fresh)), value);
}

TEST(SealedValue, does_not_hold_the_value) {
  const std::string sealed = seal_value(secret, about, "c00kie", fresh);
  EXPECT_EQ(sealed.size(), 12 + 6 + 16U);
  EXPECT_TRUE(sealed.starts_with(fresh));
  EXPECT_EQ(sealed.find("c00kie"), std::string::npos);
  EXPECT_NE(sealed, seal_value(secret, about, "c00kie", "other nonce!"));
}

TEST(SealedValue, is_for_one_cookie_of_one_session) {
  EXPECT_EQ(about, "sid-1\x1fJSESSIONID");
  const std::string sealed = seal_value(secret, about, "c00kie", fresh);
  EXPECT_EQ(open_value(secret, sealed_about(SessionKey{"sid-2"}, "JSESSIONID"), sealed), std::nullopt);
  EXPECT_EQ(open_value(secret, sealed_about(SessionKey{"sid-1"}, "JSESSIONIE"), sealed), std::nullopt);
  EXPECT_EQ(open_value("another secret of 32 bytes, alas", about, sealed), std::nullopt);
}

TEST(SealedValue, does_not_open_when_changed_or_cut) {
  const std::string sealed = seal_value(secret, about, "c00kie", fresh);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(open_value(secret, about, changed), std::nullopt) << i;
    EXPECT_EQ(open_value(secret, about, sealed.substr(0, i)), std::nullopt) << i;
  }
}

TEST(SealedValue, is_none_without_a_secret_or_a_whole_nonce) {
  EXPECT_EQ(seal_value("", about, "c00kie", fresh), "");
  EXPECT_EQ(seal_value(secret, about, "c00kie", "short"), "");
  EXPECT_EQ(open_value("", about, seal_value(secret, about, "c00kie", fresh)), std::nullopt);
}

}  // namespace slo::sealed_value_test
