// SPDX-License-Identifier: BSD-2-Clause
#include "core/rp/guard.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/text/base64url.h"
#include "t/harness/builders.h"

namespace slo::guard_test {
namespace {

constexpr TimeS noon{Seconds(1'796'000'000)};
constexpr Knowledge all{.was_complete = true, .is_complete = true, .is_fresh = true};

}  // namespace

TEST(Judge, lets_pass_what_is_not_marked_and_what_names_no_session) {
  EXPECT_EQ(judge({.names_session = true}, all, true), (GuardVerdict{.status = GuardStatus::ok}));
  for (const bool closed : {false, true})
    EXPECT_EQ(judge({}, {}, closed), (GuardVerdict{.status = GuardStatus::none}));
}

TEST(Judge, refuses_a_marked_sid_whatever_else_is_known) {
  const GuardVerdict ended{.status = GuardStatus::ended, .passes = false};
  for (const Knowledge& knowledge : {all, Knowledge{}, Knowledge{.was_complete = true}}) {
    for (const bool closed : {false, true})
      EXPECT_EQ(judge({.names_session = true, .sid_is_marked = true, .since = noon}, knowledge, closed),
                ended);
  }
}

TEST(Judge, refuses_sessions_of_a_marked_sub_that_are_not_younger) {
  const auto status = [](std::optional<TimeS> since) {
    return judge({.names_session = true, .sub_marked_at = noon, .since = since}, all, false).status;
  };
  EXPECT_EQ(status(noon - Seconds(1)), GuardStatus::ended);
  EXPECT_EQ(status(noon), GuardStatus::ended) << "seconds are coarse";
  EXPECT_EQ(status(noon + Seconds(1)), GuardStatus::ok);
  EXPECT_EQ(status(std::nullopt), GuardStatus::ended) << "nobody says when it began";
}

TEST(Judge, is_as_sure_as_the_marks_are_and_fails_as_the_operator_wants) {
  const Findings alive{.names_session = true};
  const Knowledge incomplete{.was_complete = true, .is_fresh = true},
      stale{.was_complete = true, .is_complete = true};
  EXPECT_EQ(judge(alive, {}, false), (GuardVerdict{.status = GuardStatus::syncing}));
  EXPECT_EQ(judge(alive, {}, true),
            (GuardVerdict{.status = GuardStatus::syncing, .passes = false, .is_unsure = true}));
  for (const Knowledge& knowledge : {incomplete, stale}) {
    EXPECT_EQ(judge(alive, knowledge, false), (GuardVerdict{.status = GuardStatus::degraded}));
    EXPECT_EQ(judge(alive, knowledge, true),
              (GuardVerdict{.status = GuardStatus::degraded, .passes = false, .is_unsure = true}));
  }
}

TEST(Judge, lets_pass_whose_tracked_cookie_is_nobodys) {
  for (const bool closed : {false, true})
    EXPECT_EQ(judge({.has_cookie_of_nobody = true}, {}, closed),
              (GuardVerdict{.status = GuardStatus::unbound}));
  EXPECT_EQ(judge({.names_session = true, .has_cookie_of_nobody = true}, all, true), GuardVerdict{});
}

TEST(Judge, is_not_sure_where_nobody_can_be_asked_whose_a_cookie_is) {
  for (const bool names_session : {false, true}) {
    const Findings doubtful{.names_session = names_session, .has_cookie_in_doubt = true};
    EXPECT_EQ(judge(doubtful, all, false), (GuardVerdict{.status = GuardStatus::degraded}));
    EXPECT_EQ(judge(doubtful, all, true),
              (GuardVerdict{.status = GuardStatus::degraded, .passes = false, .is_unsure = true}));
  }
  EXPECT_EQ(judge({.names_session = true, .sid_is_marked = true, .has_cookie_in_doubt = true}, all, false),
            (GuardVerdict{.status = GuardStatus::ended, .passes = false}));
}

TEST(GuardStatus, has_a_name_each) {
  EXPECT_EQ(name_of(GuardStatus::ok), "ok");
  EXPECT_EQ(name_of(GuardStatus::ended), "ended");
  EXPECT_EQ(name_of(GuardStatus::unbound), "unbound");
  EXPECT_EQ(name_of(GuardStatus::none), "none");
  EXPECT_EQ(name_of(GuardStatus::degraded), "degraded");
  EXPECT_EQ(name_of(GuardStatus::syncing), "syncing");
}

TEST(Since, is_seconds_perhaps_with_a_fraction) {
  EXPECT_EQ(read_since("1796000000"), noon);
  EXPECT_EQ(read_since("1796000000.9"), noon);
  for (const auto* odd :
       {"", "-1", "x", "1e9", "nan", "inf", "1796000000 ", " 1", "99999999999999999999", "0x10"})
    EXPECT_EQ(read_since(odd), std::nullopt) << odd;
}

class GuardToken : public testing::Test {
 protected:
  Provider provider_ = a_provider();
  std::string token(const std::string& claims) const { return unsigned_token(claims); }
  // Only its middle is looked at, and that its parts are base64url.
  static std::string unsigned_token(const std::string& claims) {
    return base64url(R"({"alg":"RS256"})") + '.' + base64url(claims) + ".AAAA";
  }
  std::optional<TokenClaims> read(const std::string& token) const {
    return read_guard_token(provider_, token);
  }
  std::string iss() const { return R"("iss":")" + provider_.issuer.value + '"'; }
};

TEST_F(GuardToken, tells_of_its_session_and_when_that_began) {
  const std::string claims =
      "{" + iss() + R"(,"sid":"s1","sub":"ann","iat":1796000100.5,"auth_time":1796000000})";
  const TokenClaims told{.sid = "s1", .sub = "ann", .since = noon};
  for (const auto* scheme : {"", "Bearer ", "bearer  "})
    EXPECT_EQ(read(scheme + token(claims)), told) << scheme;
}

TEST_F(GuardToken, began_when_it_was_issued_where_it_does_not_say_else) {
  EXPECT_EQ(read(token("{" + iss() + R"(,"sub":"ann","iat":1796000000.9})")),
            (TokenClaims{.sub = "ann", .since = noon}));
  EXPECT_EQ(read(token("{" + iss() + R"(,"sub":"ann"})")), (TokenClaims{.sub = "ann"}));
  EXPECT_EQ(read(token("{" + iss() + R"(,"sub":"ann","iat":"1796000000","auth_time":-1})")),
            (TokenClaims{.sub = "ann"}));
}

TEST_F(GuardToken, says_nothing_where_it_is_none_of_this_issuer_or_names_nobody) {
  for (const std::string& odd :
       {std::string(), std::string("Bearer "), std::string("opaque"), std::string("a.b.c"),
        std::string("a.b.c.d.e"), token(R"({"iss":"https://else.example","sid":"s1"})"),
        token(R"({"sid":"s1"})"), token("{" + iss() + "}"), token("{" + iss() + R"(,"sid":"","sub":""})"),
        token("{" + iss() + R"(,"sid":7,"sub":[]})"), token("[]"),
        token("{" + iss() + R"(,"sid":"s1","sid":"s2"})"), std::string(100'000, 'a')})
    EXPECT_EQ(read(odd), std::nullopt) << odd.substr(0, 40);
}

}  // namespace slo::guard_test
