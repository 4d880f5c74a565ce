// SPDX-License-Identifier: BSD-2-Clause
// An application's cookies are found among others, and leave the header without a trace.
#include "core/app/cookie_rule.h"

#include <gtest/gtest.h>

namespace slo::cookie_rule_test {

const CookieRule rule{.names = {"JSESSIONID", "chunk*"}};

std::string without(std::string_view header) {
  return without_cookies(header, [](const RequestCookie& cookie) { return is_its(rule, cookie.name); });
}

TEST(CookieRule, has_whole_names_and_beginnings_of_names) {
  for (const char* name : {"JSESSIONID", "chunk", "chunk0", "chunk_1", "chunk.12", "jsessionid", "Chunk0"})
    EXPECT_TRUE(is_its(rule, name));
  for (const char* name : {"JSESSIONID2", "XJSESSIONID", "chun", "*", ""})
    EXPECT_FALSE(is_its(rule, name)) << name;
  EXPECT_FALSE(is_its({}, "JSESSIONID"));
}

// PHP decodes names: a cookie must not reach it by being spelled otherwise.
TEST(CookieRule, knows_a_name_that_is_spelled_with_percent_escapes) {
  EXPECT_TRUE(is_its(rule, "JSESSION%49D"));
  EXPECT_TRUE(is_its(rule, "%63hunk0"));
  EXPECT_FALSE(is_its(rule, "JSESSION%2"));
  EXPECT_TRUE(is_its({.names = {"a%b"}}, "a%b"));
}

TEST(CookieRule, knows_whether_a_name_could_be_another_rules_as_well) {
  EXPECT_TRUE(may_share_cookies(rule, {.names = {"x", "JSESSIONID"}}));
  EXPECT_TRUE(may_share_cookies(rule, {.names = {"chunk_1"}}));
  EXPECT_TRUE(may_share_cookies({.names = {"chunk_1"}}, rule));
  EXPECT_TRUE(may_share_cookies(rule, {.names = {"chunk_*"}}));
  EXPECT_TRUE(may_share_cookies(rule, {.names = {"c*"}}));
  EXPECT_FALSE(may_share_cookies(rule, {.names = {"x", "jsession", "chun", "cha*"}}));
  EXPECT_FALSE(may_share_cookies({.names = {"cha*"}}, rule));
  EXPECT_FALSE(may_share_cookies(rule, {}));
}

TEST(RequestCookies, are_read_in_their_order_with_blanks_taken_off) {
  using Cookies = std::vector<RequestCookie>;
  EXPECT_EQ(request_cookies("a=1; b=\"2\";a = 3=4 ; nameless; =5;c="),
            (Cookies{{"a", "1"}, {"b", "\"2\""}, {"a", "3=4"}, {"", "5"}, {"c", ""}}));
  EXPECT_EQ(request_cookies(""), Cookies{});
  EXPECT_EQ(request_cookies(" ; ;"), Cookies{});
}

TEST(WithoutCookies, keeps_every_other_byte) {
  EXPECT_EQ(without("a=1; JSESSIONID=x; b=2"), "a=1; b=2");
  EXPECT_EQ(without("JSESSIONID=x; a=1;  b=2"), "a=1;  b=2");
  EXPECT_EQ(without("a=1; b=2; chunk0=x; chunk1=y"), "a=1; b=2");
  EXPECT_EQ(without("JSESSIONID=x; nameless; a = \t1 ;b=2;"), "nameless; a = \t1 ;b=2;");
  EXPECT_EQ(without("a=1; JSESSIONID=x; b=2; JSESSIONID=y; c=3"), "a=1; b=2; c=3");
}

TEST(WithoutCookies, leaves_a_header_alone_that_has_none_of_them) {
  for (const char* header : {"a=1; b=2", " a=1;;", "; ;", "", "JSESSIONID"})
    EXPECT_EQ(without(header), header);
}

TEST(WithoutCookies, leaves_nothing_where_none_is_left) {
  for (const char* header :
       {"JSESSIONID=x", "JSESSIONID=x; chunk=y", " JSESSIONID = x ;", ";; JSESSIONID=; \t;"})
    EXPECT_EQ(without(header), "") << header;
}

TEST(WithoutCookies, asks_by_value_as_well) {
  EXPECT_EQ(
      without_cookies("s=old; s=new", [](const RequestCookie& cookie) { return cookie.value == "old"; }),
      "s=new");
}

TEST(CookieName, may_be_any_token_with_an_asterisk_at_its_end) {
  for (const char* name : {"JSESSIONID", "__Host-s", "a.b_c-1", "chunk*", "!#$%&'+^`|~"})
    EXPECT_TRUE(check_cookie_name(name)) << name;
}

TEST(CookieName, is_refused_in_words_that_help) {
  const auto why = [](std::string_view name) { return check_cookie_name(name).error(); };
  const auto invalid = [](std::string detail) {
    return Refusal{Fault::configuration_invalid, std::move(detail)};
  };
  EXPECT_EQ(why(""), invalid("\"\" names no cookie"));
  EXPECT_EQ(why("*"), invalid("\"*\" names no cookie"));
  EXPECT_EQ(why("a*b"), invalid("\"a*b\" may have a \"*\" only at its end"));
  EXPECT_EQ(why("a**"), invalid("\"a**\" may have a \"*\" only at its end"));
  for (const char* name : {"a b", "a=b", "a;", "a,b", "\"a\"", "\xc3\xa4", "a\t", "[a]"})
    EXPECT_EQ(why(name), invalid("\"" + std::string(name) + "\" cannot be the name of a cookie"));
}

}  // namespace slo::cookie_rule_test
