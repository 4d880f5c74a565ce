// SPDX-License-Identifier: BSD-2-Clause
// What the body of a registration says, and what is said of one that is wrong.
#include "core/admin/api_body.h"

#include <gtest/gtest.h>

#include <array>

namespace slo::administration_body_test {
namespace {

std::string why(std::string_view body) {
  const auto read = read_participation(body);
  return read ? "read" : read.error().detail;
}

TEST(RegistrationBody, is_read_member_by_member) {
  const auto read = read_participation(
      R"({"client_id":"app-a","sid":"s1","sub":"alice","session_cookie":"c","client_sub":"x","idle":60})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->client_id, "app-a");
  EXPECT_EQ(read->sid, "s1");
  EXPECT_EQ(read->sub, "alice");
  EXPECT_EQ(read->session_cookie, "c");
  EXPECT_EQ(read->client_sub, "x");
}

TEST(RegistrationBody, names_what_is_wrong_in_it) {
  EXPECT_EQ(why(R"({"client_id":7,"sub":"alice"})"), "\"client_id\" must be a string");
  EXPECT_EQ(why(R"({"client_id":"a","sub":"alice","absolut":60})"),
            "\"absolut\" is unknown, did you mean \"absolute\"?");
  EXPECT_EQ(why(R"({"client_id":"a","sub":"alice","client_no_sid":"yes"})"),
            "\"client_no_sid\" must be true or false");
}

TEST(UnknownName, is_not_repeated_where_it_looks_like_no_name) {
  constexpr std::array<std::string_view, 2> known{"limit", "cursor"};
  EXPECT_EQ(unknown_name("parameter", "limt", known), "\"limt\" is unknown, did you mean \"limit\"?");
  EXPECT_EQ(unknown_name("parameter", "zzz", known), "\"zzz\" is unknown");
  EXPECT_EQ(unknown_name("parameter", "eyJhbGciOi.x", known), "a parameter is unknown");
}

}  // namespace
}  // namespace slo::administration_body_test
