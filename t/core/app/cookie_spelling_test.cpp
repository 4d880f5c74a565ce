// SPDX-License-Identifier: BSD-2-Clause
// What some server reads as a tracked cookie is one: no spelling leads past the guard.
#include "core/app/cookie_spelling.h"

#include <gtest/gtest.h>

#include <string>

#include "core/app/cookie_rule.h"

namespace slo::cookie_spelling_test {

TEST(CookieSpelling, undoes_what_python_undoes_within_quotes) {
  EXPECT_EQ(plain_value(R"("\163tolen1")"), "stolen1");
  EXPECT_EQ(plain_value(R"("s\tolen1")"), "stolen1");
  EXPECT_EQ(plain_value(R"("a\"b\\c")"), R"(a"b\c)");
  EXPECT_EQ(plain_value(R"("\400\08\12")"), "4000812");
  EXPECT_EQ(plain_value(R"("a\")"), R"(a\)");
}

TEST(CookieSpelling, leaves_backslashes_where_there_are_no_quotes) {
  EXPECT_EQ(plain_value(R"(\163tolen1)"), R"(\163tolen1)");
  EXPECT_EQ(plain_value(R"("\163)"), R"("\163)");
}

TEST(CookieSpelling, undoes_percent_escapes_and_keeps_what_is_none) {
  EXPECT_EQ(plain_value("%61b"), "ab");
  EXPECT_EQ(plain_value("\"%61b\""), "ab");
  EXPECT_EQ(plain_value("100%"), "100%");
  EXPECT_EQ(plain_name("%53ID"), "sid");
}

TEST(CookieSpelling, drops_blanks_of_all_kinds_around_a_text) {
  for (const std::string blank :
       {"\v", "\f", "\x1f", "\x7f", "\x85", "\xa0", "\xc2\xa0", "\xc2\x85", " \t\v"}) {
    EXPECT_EQ(bare(blank + "sid" + blank), "sid");
    EXPECT_EQ(plain_value(blank + "v" + blank), "v");
    EXPECT_EQ(plain_name(blank + "sid" + blank), "sid");
    EXPECT_TRUE(is_spelling_of("sid", blank + "sid" + blank));
  }
  EXPECT_EQ(bare(" \v"), "");
  EXPECT_EQ(bare("a\vb"), "a\vb");
}

TEST(CookieSpelling, takes_names_as_php_does) {
  for (const char* name :
       {"my.sess", "my sess", "my+sess", "my[sess", "my_sess", "my%2esess", "%6dy.sess", "%20my.sess"})
    EXPECT_TRUE(is_spelling_of("my_sess", name)) << name;
  EXPECT_TRUE(is_spelling_of("my.sess", "my_sess"));
  EXPECT_EQ(plain_name("my.sess"), plain_name("my_sess"));
  for (const char* name : {"my-sess", "mysess", "my_sess2", "", "%"})
    EXPECT_FALSE(is_spelling_of("my_sess", name)) << name;
}

TEST(CookieSpelling, takes_names_as_asp_net_does) {
  for (const char* name : {"JSESSIONID", "jsessionid", "JSessionId", "%6asessionid", "jsessioni%44"}) {
    EXPECT_TRUE(is_spelling_of("JSESSIONID", name)) << name;
    EXPECT_TRUE(is_spelling_of("jsessionid", name)) << name;
    EXPECT_EQ(plain_name(name), "jsessionid");
  }
  EXPECT_TRUE(is_spelling_of("part_*", "PART_0"));
  EXPECT_TRUE(may_share_cookies({.names = {"App*"}}, {.names = {"aPP_c*"}}));
  EXPECT_FALSE(may_share_cookies({.names = {"App*"}}, {.names = {"apq*"}}));
}

TEST(CookieSpelling, takes_a_plus_for_a_blank_as_php_does) {
  for (const char* value : {"Joe Smith", "Joe+Smith", "Joe%20Smith", "Joe%2BSmith", "\"Joe+Smith\""})
    EXPECT_EQ(plain_value(value), "Joe Smith") << value;
  for (const char* value : {"abc+", "abc ", "abc%20", "+abc", "abc"})
    EXPECT_EQ(plain_value(value), "abc") << value;
}

TEST(CookieSpelling, of_a_pattern_is_whatever_begins_so) {
  for (const char* name : {"app.", "app.0", "app_0", "\vapp.0", "%61pp.0"})
    EXPECT_TRUE(is_spelling_of("app.*", name)) << name;
  for (const char* name : {"app", "apq.0", ""}) EXPECT_FALSE(is_spelling_of("app.*", name)) << name;
}

TEST(CookieSpelling, finds_a_cookie_that_another_ones_value_hides) {
  const CookieRule rule{.names = {"sid", "chunk.*"}};
  for (const char* value : {"1, sid=v", "1,sid=v", "1 sid=v", "1\tsid=v", "\"x\"sid=v", "a=b=c,sid=v",
                            "1,chunk.0=v", "1 %73id=v", "1,SID=v"})
    EXPECT_TRUE(hides_its(rule, {.name = "x", .value = value})) << value;
  for (const char* value :
       {"", "1", "sid=v", "1,sid", "1,side=v", "xsid=v", "eyJhbGciOiJub25lIn0.e30.==", "a=b=c"})
    EXPECT_FALSE(hides_its(rule, {.name = "x", .value = value})) << value;
  for (const char* name : {"x, sid", "x sid", "x,y, chunk.0"})
    EXPECT_TRUE(hides_its(rule, {.name = name, .value = "v"})) << name;
  EXPECT_FALSE(hides_its(rule, {.name = "x, side", .value = "v"}));
}

TEST(CookieSpelling, finds_a_cookie_behind_the_equals_sign_of_one_without_a_name) {
  const CookieRule rule{.names = {"sid"}};
  EXPECT_EQ(request_cookies("=sid=v"), (std::vector<RequestCookie>{{.name = "", .value = "sid=v"}}));
  EXPECT_TRUE(hides_its(rule, {.name = "", .value = "sid=v"}));
  EXPECT_FALSE(hides_its(rule, {.name = "", .value = "a=sid=v"}));
  EXPECT_FALSE(hides_its(rule, {.name = "", .value = "sid"}));
}

TEST(CookieSpelling, of_its_own_is_what_the_rule_writes) {
  const CookieRule rule{.names = {"my_sess", "chunk.*"}};
  for (const char* name : {"my_sess", "chunk.", "chunk.0"})
    EXPECT_TRUE(is_its_own_spelling(rule, name)) << name;
  for (const char* name : {"my.sess", "%6dy_sess", "chunk_0", "chunk.%30", "chunk.0\v", "other"})
    EXPECT_FALSE(is_its_own_spelling(rule, name)) << name;
}

}  // namespace slo::cookie_spelling_test
