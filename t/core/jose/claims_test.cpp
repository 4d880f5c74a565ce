// SPDX-License-Identifier: BSD-2-Clause
// Audiences, dates and types are read as RFC 7519 writes them.
#include "core/jose/claims.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::claims_test {

using Names = std::vector<std::string>;

Names audiences(std::string_view aud) {
  return jose::audiences_of(granted(parse_json("{\"aud\":" + std::string(aud) + "}")).get());
}

TEST(TokenClaims, have_one_audience_or_several) {
  EXPECT_EQ(audiences(R"("a")"), Names{"a"});
  EXPECT_EQ(audiences(R"(["a","b"])"), (Names{"a", "b"}));
  EXPECT_EQ(audiences("[]"), Names{});
}

TEST(TokenClaims, are_nobodys_where_an_audience_is_no_string) {
  for (const std::string_view odd : {R"(["a",7])", "7", "null", R"({"a":1})", R"([["a"]])"}) {
    EXPECT_EQ(audiences(odd), Names{}) << odd;
  }
}

TEST(TokenClaims, have_dates_that_may_have_a_fraction) {
  const Json claims = granted(parse_json(R"({"iat":1.5,"exp":7,"nbf":"7"})"));
  EXPECT_EQ(jose::date_of(claims.get(), "iat"), 1.5);
  EXPECT_EQ(jose::date_of(claims.get(), "exp"), 7);
  EXPECT_EQ(jose::date_of(claims.get(), "nbf"), std::nullopt);
  EXPECT_EQ(jose::date_of(claims.get(), "auth_time"), std::nullopt);
}

bool is_logout_token(std::string_view header) {
  return jose::has_type(granted(parse_json(header)).get(), "logout+jwt");
}

TEST(TokenType, is_compared_without_case_and_prefix) {
  for (const std::string_view fine :
       {R"({"typ":"logout+jwt"})", R"({"typ":"Logout+JWT"})", R"({"typ":"application/logout+jwt"})",
        R"({"typ":"APPLICATION/logout+jwt"})"}) {
    EXPECT_TRUE(is_logout_token(fine)) << fine;
  }
  for (const std::string_view other :
       {R"({})", R"({"typ":""})", R"({"typ":7})", R"({"typ":"JWT"})", R"({"typ":"application/"})",
        R"({"typ":"text/logout+jwt"})", R"({"typ":"application/application/logout+jwt"})"}) {
    EXPECT_FALSE(is_logout_token(other)) << other;
  }
}

}  // namespace slo::claims_test
