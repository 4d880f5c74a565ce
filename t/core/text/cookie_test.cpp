// SPDX-License-Identifier: BSD-2-Clause
// Cookies are found as browsers send them and written as browsers keep them.
#include "core/text/cookie.h"

#include <gtest/gtest.h>

namespace slo::cookie_test {

using Values = std::vector<std::string_view>;

TEST(Cookie, finds_a_cookie_among_others) {
  EXPECT_EQ(find_cookies("a=1; op_session=xyz; b=2", "op_session"), Values{"xyz"});
  EXPECT_EQ(find_cookies("op_session=xyz", "op_session"), Values{"xyz"});
  EXPECT_EQ(find_cookies("a=1;op_session=xyz", "op_session"), Values{"xyz"});
}

TEST(Cookie, finds_all_of_one_name_in_their_order) {
  EXPECT_EQ(find_cookies("s=stale; t=1; s=right", "s"), (Values{"stale", "right"}));
}

TEST(Cookie, finds_all_whose_name_begins_alike_where_that_is_wanted) {
  EXPECT_EQ(find_cookies("s-1=a; s=b; t=c; s-2=d", "s-", CookieName::beginning), (Values{"a", "d"}));
}

TEST(Cookie, compares_whole_names_and_their_case) {
  EXPECT_EQ(find_cookies("Session=1; xsession=2; session_=3", "session"), Values{});
  EXPECT_EQ(find_cookies("sessionsession=1; session=2", "session"), Values{"2"});
  EXPECT_EQ(find_cookies("a=session=1", "session"), Values{});
}

TEST(Cookie, keeps_equals_signs_and_quotes_in_the_value) {
  EXPECT_EQ(find_cookies("s=a=b==; t=1", "s"), Values{"a=b=="});
  EXPECT_EQ(find_cookies("s=\"a b\"", "s"), Values{"\"a b\""});
}

TEST(Cookie, has_a_value_without_its_quotes_as_well) {
  EXPECT_EQ(without_quotes("\"a b\""), "a b");
  for (const char* whole : {"a", "\"a", "a\"", "\"", ""}) EXPECT_EQ(without_quotes(whole), whole);
  EXPECT_EQ(without_quotes("\"\""), "");
}

TEST(Cookie, ignores_blanks_around_name_and_value) {
  EXPECT_EQ(find_cookies(" \t s \t=\t a b \t; t=1", "s"), Values{"a b"});
}

TEST(Cookie, tells_an_empty_value_from_no_cookie) {
  EXPECT_EQ(find_cookies("s=; t=1", "s"), Values{""});
  EXPECT_EQ(find_cookies("s; t=1", "s"), Values{});
  EXPECT_EQ(find_cookies("", "s"), Values{});
  EXPECT_EQ(find_cookies(";;; ", "s"), Values{});
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
