// SPDX-License-Identifier: BSD-2-Clause
// Set-Cookie headers are read as browsers read them.
#include "core/text/set_cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slo::set_cookie_test {

constexpr TimeS now{Seconds{1'800'000'000}};  // Fri, 15 Jan 2027 08:00:00 GMT

std::optional<std::string_view> found(const std::vector<std::string_view>& headers,
                                      std::string_view name = "s") {
  return find_set_cookie(headers, name, now);
}

TEST(SetCookie, tells_what_a_cookie_becomes) {
  EXPECT_EQ(found({"s=new; Path=/; HttpOnly; Secure; SameSite=Lax"}), "new");
  EXPECT_EQ(found({"s=new"}), "new");
  EXPECT_EQ(found({"other=1", " s = a=b== ;path=/x", "third=3"}), "a=b==");
  EXPECT_EQ(found({"s=\"a b\"; Path=/"}), "\"a b\"");
}

TEST(SetCookie, knows_nothing_of_cookies_that_are_not_set) {
  EXPECT_EQ(found({}), std::nullopt);
  EXPECT_EQ(found({""}), std::nullopt);
  EXPECT_EQ(found({";"}), std::nullopt);
  EXPECT_EQ(found({"s", "s; x=1"}), std::nullopt);
  EXPECT_EQ(found({"S=1", "ss=1", "x=1; s=2", "s.sig=1", "=s"}), std::nullopt);
}

TEST(SetCookie, believes_the_last_one) { EXPECT_EQ(found({"s=1; Path=/a", "s=2", "t=3"}), "2"); }

TEST(SetCookie, counts_no_cookie_that_is_cleared) {
  for (const std::string_view cleared :
       {"s=", "s=; Path=/", "s=x; Max-Age=0", "s=x; max-age=-1", "s=x; Max-Age=000",
        "s=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "s=x; expires=Thu, 01-Jan-70 00:00:01 GMT",
        "s=x; Expires=Fri, 15 Jan 2027 08:00:00 GMT", "s=x; Max-Age=5; Max-Age=0",
        "s=x; Expires=Fri, 15 Jan 2100 08:00:00 GMT; Max-Age=0"}) {
    EXPECT_EQ(found({cleared}), std::nullopt) << cleared;
    EXPECT_EQ(found({"s=kept", cleared}), "kept") << cleared;
  }
}

TEST(SetCookie, counts_what_lives_on) {
  for (const std::string_view kept :
       {"s=x; Max-Age=1", "s=x; Max-Age=99999999999999999999", "s=x; Max-Age=", "s=x; Max-Age=soon",
        "s=x; Max-Age=0x", "s=x; Expires=Fri, 15 Jan 2027 08:00:01 GMT", "s=x; Expires=never",
        "s=x; Expires=", "s=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60",
        "s=x; Comment=Max-Age=0"}) {
    EXPECT_EQ(found({kept}), "x") << kept;
  }
}

TEST(CookieDate, is_read_in_all_its_spellings) {
  for (const std::string_view text :
       {"Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15-Jan-2027 08:00:00 GMT", "Friday, 15-Jan-27 08:00:00 GMT",
        "Fri Jan 15 08:00:00 2027", "15 january 2027 8:0:0", "08:00:00 2027 15 JAN"}) {
    EXPECT_EQ(read_cookie_date(text), now) << text;
  }
  EXPECT_EQ(read_cookie_date("Thu, 01 Jan 1970 00:00:00 GMT"), TimeS{});
  EXPECT_EQ(read_cookie_date("1 Jan 70 0:0:0"), TimeS{});
}

TEST(CookieDate, is_not_guessed) {
  for (const std::string_view text : {"", "never", "15 Jan 2027", "08:00:00", "32 Jan 2027 08:00:00",
                                      "31 Feb 2027 08:00:00", "15 Jan 2027 24:00:00", "15 Jan 2027 08:60:00",
                                      "15 Jan 1600 08:00:00", "15 Jan 02027 08:00:00", "0"}) {
    EXPECT_EQ(read_cookie_date(text), std::nullopt) << text;
  }
}

}  // namespace slo::set_cookie_test
