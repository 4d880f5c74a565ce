// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/closest.h"

#include <gtest/gtest.h>

namespace slo::closest_test {

const std::vector<std::string_view> known{"wait", "timeout", "max", "max_age", "redirect_uris"};

TEST(Closest, finds_what_was_meant) {
  EXPECT_EQ("wait", closest("wiat", known));
  EXPECT_EQ("wait", closest("waits", known));
  EXPECT_EQ("timeout", closest("time_out", known));
  EXPECT_EQ("redirect_uris", closest("redirect_uri", known));
  EXPECT_EQ("max", closest("ma", known));
}

TEST(Closest, does_not_guess_wildly) {
  EXPECT_EQ("", closest("elephant", known));
  EXPECT_EQ("", closest("", known));
  EXPECT_EQ("", closest("x", known));
  EXPECT_EQ("", closest(std::string(65, 'a'), {std::string_view("a")}));
}

TEST(Closest, prefers_fewer_edits_and_then_the_first) {
  EXPECT_EQ("max_age", closest("max_agee", known));
  EXPECT_EQ("aaaaab", closest("aaaaac", {"aaaaab", "aaaaad"}));
}

}  // namespace slo::closest_test
