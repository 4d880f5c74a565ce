// SPDX-License-Identifier: BSD-2-Clause
// What the OP's own logout is sent, and which answers mean that its session has ended.
#include "core/op/upstream_logout.h"

#include <gtest/gtest.h>

namespace slo::upstream_logout_test {

const TimeS now{Seconds{1'800'000'000}};

Provider with_cookies(std::vector<std::string> names) {
  Provider provider;
  for (auto& name : names) provider.session_cookies.push_back({.name = std::move(name)});
  return provider;
}

bool is_done(int status, std::vector<std::string_view> cookies, std::vector<std::string> names = {"op"}) {
  return is_upstream_logout_done(with_cookies(std::move(names)),
                                 {.status = status, .cookies = std::move(cookies)},
                                 {.session_cookies = {"old"}}, now);
}

TEST(UpstreamLogout, is_done_where_the_op_expires_its_cookie_or_gives_another) {
  EXPECT_TRUE(is_done(200, {"op=; Path=/; Max-Age=0"}));
  EXPECT_TRUE(is_done(302, {"op=old; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}));
  EXPECT_TRUE(is_done(302, {"lang=de", "op=new; Path=/"}));
  EXPECT_TRUE(is_done(204, {"second=; Max-Age=0"}, {"op", "second"}));
  EXPECT_TRUE(is_done(200, {"op="}));
}

TEST(UpstreamLogout, is_not_done_by_a_page_that_asks_the_user) {
  EXPECT_FALSE(is_done(200, {}));
  EXPECT_FALSE(is_done(200, {"op=old; Path=/; HttpOnly"})) << "a session that slides";
  EXPECT_FALSE(is_done(302, {"op=; Max-Age=0; Path=/elsewhere", "op=old; Path=/"}));
  EXPECT_FALSE(is_done(200, {"op=another value with each answer; Path=/"}));
  EXPECT_FALSE(is_done(200, {"lang=; Max-Age=0"}));
  EXPECT_FALSE(is_done(200, {"op"})) << "a value without a name";
}

TEST(UpstreamLogout, is_not_done_by_an_error_whatever_it_sets) {
  for (const int status : {0, 101, 400, 403, 404, 500, 502, 504}) {
    EXPECT_FALSE(is_done(status, {"op=; Max-Age=0"})) << status;
  }
}

TEST(UpstreamLogout, is_done_by_a_redirect_for_who_asks_again_or_has_no_session_cookie) {
  const Provider provider = with_cookies({"op"});
  for (const UpstreamLogoutAsker& asker :
       {UpstreamLogoutAsker{.session_cookies = {"old"}, .again = true}, UpstreamLogoutAsker{}}) {
    EXPECT_TRUE(is_upstream_logout_done(provider, {.status = 302}, asker, now));
    EXPECT_FALSE(is_upstream_logout_done(provider, {.status = 200}, asker, now));
    EXPECT_FALSE(is_upstream_logout_done(provider, {.status = 500}, asker, now));
  }
}

TEST(UpstreamLogout, is_asked_only_where_the_op_can_know_whose_session_it_is) {
  Provider provider = with_cookies({"op"});
  EXPECT_TRUE(may_ask_upstream(provider, {.session_cookies = {"c"}}, ""));
  EXPECT_FALSE(may_ask_upstream(provider, {}, "id_token_hint=a.b.c")) << "a GET has no form";
  provider.upstream_logout.is_post = true;
  EXPECT_TRUE(may_ask_upstream(provider, {}, "id_token_hint=a.b.c"));
  EXPECT_FALSE(may_ask_upstream(provider, {}, "client_id=app"));
  EXPECT_TRUE(may_ask_upstream(with_cookies({}), {}, ""));
}

TEST(UpstreamLogout, counts_the_status_alone_where_no_cookie_is_known) {
  EXPECT_TRUE(is_done(200, {}, {}));
  EXPECT_TRUE(is_done(302, {}, {}));
  EXPECT_FALSE(is_done(500, {}, {}));
}

TEST(UpstreamLogout, is_sent_the_hint_and_the_client_that_stood_up_and_no_way_onward) {
  const auto client = std::make_shared<const Client>(Client{.id = {"an app"}});
  const EndSessionRequest request{.id_token_hint = "a.b.c",
                                  .client_id = "an app",
                                  .post_logout_redirect_uri = "https://app/",
                                  .state = "s"};
  CheckedRequest checked{.client = client};
  EXPECT_EQ(upstream_logout_form(request, checked), "client_id=an%20app");
  checked.hint = Hint{.client = client};
  EXPECT_EQ(upstream_logout_form(request, checked), "id_token_hint=a.b.c&client_id=an%20app");
  EXPECT_EQ(upstream_logout_form(request, CheckedRequest{}), "");
}

Provider by_browser() {
  Provider provider;
  provider.end_session_endpoint = "https://sso/logout";
  provider.upstream_logout = {.uri = "https://op/end?realm=a", .by_browser = true};
  return provider;
}

TEST(UpstreamLogout, of_a_browser_takes_along_what_stood_up_and_our_return_address) {
  Provider provider = by_browser();
  const auto client = std::make_shared<const Client>(Client{.id = {"an app"}});
  EndSessionRequest request{.id_token_hint = "a.b.c",
                            .logout_hint = "ann",
                            .post_logout_redirect_uri = "https://app/",
                            .state = "the application's",
                            .ui_locales = "de"};
  CheckedRequest checked{.client = client};
  const std::string back = "&post_logout_redirect_uri=https%3A%2F%2Fsso%2Flogout&state=slo.key";
  EXPECT_EQ(upstream_logout_location(provider, request, checked, "key"),
            "https://op/end?realm=a&client_id=an%20app&logout_hint=ann&ui_locales=de" + back);
  checked.hint = Hint{.client = client};
  EXPECT_EQ(
      upstream_logout_location(provider, request, checked, "key"),
      "https://op/end?realm=a&id_token_hint=a.b.c&client_id=an%20app&logout_hint=ann&ui_locales=de" + back);
  EXPECT_EQ(upstream_logout_location(provider, {}, {}, "key"), "https://op/end?realm=a" + back);
  EXPECT_EQ(upstream_logout_location(provider, {}, {}, ""), "https://op/end?realm=a") << "no way back";
  EndSessionRequest opened = request;
  opened.is_hint_opened = true;
  EXPECT_EQ(upstream_logout_location(provider, opened, checked, ""),
            "https://op/end?realm=a&client_id=an%20app&logout_hint=ann&ui_locales=de")
      << "who encrypted it did not want it read";
  provider.upstream_logout.client_id = "slo";
  request.id_token_hint = "a.b.c";
  EXPECT_EQ(upstream_logout_location(provider, request, checked, "key"),
            "https://op/end?realm=a&client_id=slo&logout_hint=ann&ui_locales=de" + back)
      << "a hint of another client would contradict";
}

TEST(UpstreamLogout, knows_a_return_by_its_looks) {
  const Provider provider = by_browser();
  const std::string key = "AAAAAAAAAAaaaaaaaa-_09";
  const std::string state = way_back_state(key);
  EXPECT_EQ(way_back_of(provider, {.state = state}), key);
  EXPECT_EQ(way_back_of({}, {.state = state}), "") << "where no browser is sent away";
  EXPECT_EQ(way_back_of(provider, {}), "");
  EXPECT_EQ(way_back_of(provider, {.is_post = true, .state = state}), "");
  EXPECT_EQ(way_back_of(provider, {.id_token_hint = "a.b.c", .state = state}), "");
  EXPECT_EQ(way_back_of(provider, {.client_id = "app", .state = state}), "");
  EXPECT_EQ(way_back_of(provider, {.post_logout_redirect_uri = "https://app/", .state = state}), "");
  for (const auto* other : {"slo.", "slo.AAAA", "AAAAAAAAAAaaaaaaaa-_09",
                            "slo.AAAAAAAAAAaaaaaaaa-_0=", "slo.AAAAAAAAAAaaaaaaaa-_09A"}) {
    EXPECT_EQ(way_back_of(provider, {.state = other}), "") << other;
  }
}

TEST(UpstreamLogout, leaves_out_what_makes_an_address_too_long) {
  const auto client = std::make_shared<const Client>(Client{.id = {"app"}});
  const CheckedRequest checked{.hint = Hint{.client = client}, .client = client};
  const auto at = [&](std::size_t hint, std::size_t wish) {
    return upstream_logout_location(
        by_browser(), {.id_token_hint = std::string(hint, 'h'), .logout_hint = std::string(wish, 'w')},
        checked, "");
  };
  EXPECT_EQ(at(3, 2), "https://op/end?realm=a&id_token_hint=hhh&client_id=app&logout_hint=ww");
  EXPECT_EQ(at(3, 7000), "https://op/end?realm=a&id_token_hint=hhh&client_id=app");
  EXPECT_EQ(at(7000, 2), "https://op/end?realm=a&client_id=app");
}

TEST(UpstreamLogout, is_left_to_an_op_that_can_know_the_user) {
  Provider provider = by_browser();
  provider.session_cookies = {{.name = "op"}};
  EXPECT_FALSE(will_op_tell(provider, {.session_cookies = {"c"}})) << "it is not said to tell anybody";
  provider.upstream_logout.op_notifies = true;
  EXPECT_TRUE(will_op_tell(provider, {.session_cookies = {"c"}}));
  EXPECT_FALSE(will_op_tell(provider, {})) << "it cannot know whose session it is";
  provider.session_cookies.clear();
  EXPECT_TRUE(will_op_tell(provider, {}));
  provider.upstream_logout.by_browser = false;
  EXPECT_FALSE(will_op_tell(provider, {})) << "its answer will say";
}

TEST(UpstreamLogout, is_no_return_where_the_user_does_not_go_there_himself) {
  const std::string state = way_back_state("AAAAAAAAAAaaaaaaaa-_09");
  EXPECT_NE(way_back_of(by_browser(), {.state = state, .sec_fetch_dest = "document"}), "");
  EXPECT_EQ(way_back_of(by_browser(), {.state = state, .sec_fetch_dest = "image"}), "");
  EXPECT_EQ(way_back_of(by_browser(), {.state = state, .purpose = "prefetch"}), "");
}

TEST(UpstreamLogout, gives_back_the_way_onward_as_it_was_to_the_browser_that_set_out) {
  for (const PostLogout& one : {PostLogout{}, PostLogout{.uri = "https://app/?a=b&c"},
                                PostLogout{.uri = "https://app/", .state = "a b&c=\n\"%"},
                                PostLogout{.refused = Refusal{Fault::redirect_not_registered}}}) {
    const WayBack back = read_kept_way_back(kept_way_back({.post_logout = one, .browser = "b-1"}));
    EXPECT_EQ(back.post_logout.uri, one.uri);
    EXPECT_EQ(back.post_logout.state, one.state);
    EXPECT_EQ(back.post_logout.refused.has_value(), one.refused.has_value());
    EXPECT_TRUE(is_own_way_back(back, {.browser_cookies = {"other", "b-1"}}));
    EXPECT_FALSE(is_own_way_back(back, {.browser_cookies = {"other"}}));
  }
  EXPECT_FALSE(is_own_way_back(read_kept_way_back("uri=%zz"), {.browser_cookies = {""}})) << "nobody's";
}

}  // namespace slo::upstream_logout_test
