// SPDX-License-Identifier: BSD-2-Clause
// Cookies are found as browsers send them and written as browsers keep them.
#include "core/text/cookie.h"

#include <gtest/gtest.h>

namespace slo::cookie_test {

TEST(Cookie, finds_a_cookie_among_others) {
  EXPECT_EQ(find_cookie("a=1; op_session=xyz; b=2", "op_session"), "xyz");
  EXPECT_EQ(find_cookie("op_session=xyz", "op_session"), "xyz");
  EXPECT_EQ(find_cookie("a=1;op_session=xyz", "op_session"), "xyz");
}

TEST(Cookie, takes_the_first_of_two_with_one_name) { EXPECT_EQ(find_cookie("s=1; s=2", "s"), "1"); }

TEST(Cookie, compares_whole_names_and_their_case) {
  EXPECT_EQ(find_cookie("Session=1; xsession=2; session_=3", "session"), std::nullopt);
  EXPECT_EQ(find_cookie("sessionsession=1; session=2", "session"), "2");
  EXPECT_EQ(find_cookie("a=session=1", "session"), std::nullopt);
}

TEST(Cookie, keeps_equals_signs_and_quotes_in_the_value) {
  EXPECT_EQ(find_cookie("s=a=b==; t=1", "s"), "a=b==");
  EXPECT_EQ(find_cookie("s=\"a b\"", "s"), "\"a b\"");
}

TEST(Cookie, ignores_blanks_around_name_and_value) {
  EXPECT_EQ(find_cookie(" \t s \t=\t a b \t; t=1", "s"), "a b");
}

TEST(Cookie, tells_an_empty_value_from_no_cookie) {
  EXPECT_EQ(find_cookie("s=; t=1", "s"), "");
  EXPECT_EQ(find_cookie("s; t=1", "s"), std::nullopt);
  EXPECT_EQ(find_cookie("", "s"), std::nullopt);
  EXPECT_EQ(find_cookie(";;; ", "s"), std::nullopt);
}

TEST(Cookie, sets_a_host_only_cookie_with_safe_attributes) {
  EXPECT_EQ(set_cookie({.name = "__Host-slo-browser"}, "abc", Seconds{300}),
            "__Host-slo-browser=abc; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=300");
}

TEST(Cookie, keeps_the_scope_it_is_given) {
  const CookieScope scope{.name = "op", .path = "/sso", .domain = "example.com", .secure = false};
  EXPECT_EQ(set_cookie(scope, "abc", Seconds{60}),
            "op=abc; Path=/sso; Domain=example.com; HttpOnly; SameSite=Lax; Max-Age=60");
  EXPECT_EQ(clear_cookie(scope),
            "op=; Path=/sso; Domain=example.com; HttpOnly; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 "
            "00:00:00 GMT");
}

TEST(Cookie, clears_with_the_attributes_of_a_secure_cookie) {
  EXPECT_EQ(clear_cookie({.name = "op_session"}),
            "op_session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 "
            "00:00:00 GMT");
}

}  // namespace slo::cookie_test
