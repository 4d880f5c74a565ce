// SPDX-License-Identifier: BSD-2-Clause
// A cookie stands for one session, whoever sees it and however it is spelled.
#include "core/app/bound_cookie.h"

#include <gtest/gtest.h>

#include "core/session.h"
#include "t/harness/builders.h"

namespace slo::bound_cookie_test {

CookieDigest digest(std::string_view name, std::string_view value) {
  return digest_app_cookie(a_bare_provider(), name, value);
}

TEST(AppCookieDigest, is_keyed_and_of_name_and_value) {
  const Provider provider = a_bare_provider();
  EXPECT_EQ(digest("s", "1"), digest_cookie(provider.cookie_secret, "app\x1fs=1"));
  EXPECT_NE(digest("s", "1"), digest("t", "1"));
  EXPECT_NE(digest("s", "1"), digest("s", "2"));
  EXPECT_NE(digest("s", "1"), digest_cookie(provider.cookie_secret, "s=1"));
}

// A cookie must not be taken for a new one by being spelled otherwise.
TEST(AppCookieDigest, is_the_same_for_spellings_that_servers_read_alike) {
  EXPECT_EQ(digest("s", "\"abc\""), digest("s", "abc"));
  EXPECT_EQ(digest("s", "a%62c"), digest("s", "abc"));
  EXPECT_EQ(digest("%73", "abc"), digest("s", "abc"));
  EXPECT_NE(digest("s", "a%6"), digest("s", "a"));
  EXPECT_NE(digest("s", "\"abc"), digest("s", "abc"));
}

TEST(SessionKeyOf, is_the_sid_where_there_is_one) {
  EXPECT_EQ(key_of({.sid = "sid-1", .sub = "alice", .since = login_time}, digest("s", "1")),
            SessionKey{"sid-1"});
}

TEST(SessionKeyOf, is_minted_of_user_and_login_where_there_is_no_sid) {
  const SessionKey key = key_of({.sub = "alice", .since = login_time}, digest("s", "1"));
  EXPECT_EQ(key, SessionKey{"~tZcYa4BLF15MWD5cwyoKzg"});
  EXPECT_TRUE(is_minted(key));
  EXPECT_EQ(key, key_of({.sub = "alice", .since = login_time}, digest("s", "2")));
  EXPECT_NE(key, key_of({.sub = "bob", .since = login_time}, digest("s", "1")));
  EXPECT_NE(key, key_of({.sub = "alice", .since = login_time + Seconds{1}}, digest("s", "1")));
}

TEST(SessionKeyOf, is_minted_of_user_and_cookie_where_nobody_says_since_when) {
  const SessionKey key = key_of({.sub = "alice"}, digest("s", "1"));
  EXPECT_TRUE(is_minted(key));
  EXPECT_NE(key, key_of({.sub = "alice"}, digest("s", "2")));
  EXPECT_NE(key, key_of({.sub = "alice", .since = login_time}, digest("s", "1")));
}

TEST(SameSession, is_judged_by_sids_where_both_have_one) {
  EXPECT_TRUE(is_same_session({.sid = "1", .sub = "alice"}, {.sid = "1", .sub = "pairwise"}));
  EXPECT_FALSE(is_same_session({.sid = "1", .sub = "alice"}, {.sid = "2", .sub = "alice"}));
}

TEST(SameSession, is_judged_by_users_else) {
  EXPECT_TRUE(is_same_session({.sid = "1", .sub = "alice"}, {.sub = "alice"}));
  EXPECT_FALSE(is_same_session({.sub = "alice"}, {.sid = "1", .sub = "bob"}));
  EXPECT_FALSE(is_same_session({.sub = "alice"}, {.sub = "bob"}));
}

TEST(SameSession, is_taken_for_granted_where_nothing_can_be_compared) {
  EXPECT_TRUE(is_same_session({.sid = "1"}, {.sub = "bob"}));
  EXPECT_TRUE(is_same_session({.sid = "1", .sub = "alice"}, {}));
  EXPECT_TRUE(is_same_session({}, {.sid = "1"}));
}

TEST(SessionNames, are_storable_where_they_name_a_session_in_printable_text) {
  EXPECT_TRUE(is_storable(SessionNames{.sid = "1"}));
  EXPECT_TRUE(is_storable(SessionNames{.sub = "alice"}));
  EXPECT_FALSE(is_storable(SessionNames{}));
  EXPECT_FALSE(is_storable(SessionNames{.since = login_time}));
  EXPECT_FALSE(is_storable(SessionNames{.sid = "1", .sub = "a\x1f"}));
  EXPECT_FALSE(is_storable(SessionNames{.sid = std::string(256, 'a'), .sub = "alice"}));
}

TEST(BoundCookie, may_be_sent_where_a_request_can_carry_it) {
  EXPECT_TRUE(may_be_sent("sid", "a=b, \"c\" \xff"));
  EXPECT_TRUE(may_be_sent("sid", ""));
  for (const char* value : {"a;b", "a\x01", "a\tb", "a\x7f", "a\r\nb"})
    EXPECT_FALSE(may_be_sent("sid", value)) << value;
  for (const char* name : {"", "a=b", "a;b", "a\x01"}) EXPECT_FALSE(may_be_sent(name, "value")) << name;
}

}  // namespace slo::bound_cookie_test
