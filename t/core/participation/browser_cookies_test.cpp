// SPDX-License-Identifier: BSD-2-Clause
#include "core/participation/browser_cookies.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::browser_cookies_test {
namespace {

using Headers = std::vector<std::string_view>;

Provider with_two_names() {
  Provider provider = a_provider();
  provider.session_cookies.push_back({.name = "legacy"});
  return provider;
}

BrowserCookies after(const Headers& sent, const Headers& set) {
  return browser_cookies(with_two_names(), sent, set, login_time);
}

}  // namespace

TEST(BrowserCookies, are_what_the_answer_sets_else_what_was_sent) {
  EXPECT_EQ(after({}, {}), BrowserCookies{});
  EXPECT_EQ(after({"a=1; op_session=old"}, {}), (BrowserCookies{.current = "old"}));
  EXPECT_EQ(after({}, {"op_session=new; Path=/"}), (BrowserCookies{.current = "new", .is_set = true}));
  EXPECT_EQ(after({"op_session=old"}, {"op_session=new"}),
            (BrowserCookies{.current = "new", .others = {"old"}, .is_set = true}));
}

TEST(BrowserCookies, are_rotated_where_another_value_is_set) {
  EXPECT_TRUE(after({"op_session=old"}, {"op_session=new"}).is_rotated());
  EXPECT_FALSE(after({"op_session=same"}, {"op_session=same"}).is_rotated());
  EXPECT_FALSE(after({}, {"op_session=new"}).is_rotated());
  EXPECT_FALSE(after({"op_session=old"}, {"op_session=; Max-Age=0"}).is_rotated());
  EXPECT_FALSE(after({"op_session=a; op_session=b"}, {}).is_rotated());
}

TEST(BrowserCookies, may_have_several_names_and_values) {
  EXPECT_EQ(after({"op_session=a; legacy=b; op_session=c", "op_session=a"}, {}),
            (BrowserCookies{.current = "a", .others = {"c", "b"}}));
  EXPECT_EQ(after({"op_session=; legacy=b"}, {}), (BrowserCookies{.current = "b"}));
  EXPECT_EQ(after({"op_session=a"}, {"legacy=new"}),
            (BrowserCookies{.current = "new", .others = {"a"}, .is_set = true}));
}

TEST(BrowserCookies, are_a_few) {
  std::string header;
  for (int i = 0; i < 100; ++i) header += "op_session=" + std::to_string(i) + "; ";
  const Headers sent{header};
  EXPECT_EQ(after(sent, {}).others.size(), max_session_cookies);
}

}  // namespace slo::browser_cookies_test
