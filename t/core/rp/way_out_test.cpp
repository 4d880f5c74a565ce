// SPDX-License-Identifier: BSD-2-Clause
// The way to the OP keeps what it must know, comes back to the browser that set out, and leads nowhere else.
#include "core/rp/way_out.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/text/form.h"
#include "t/core/rp/logout_tokens.h"

namespace slo::way_out_test {
namespace {

WayOut a_way() {
  return {.endpoint = "https://sso.example.com/bye",
          .id_token_hint = "a.b.c",
          .client_id = "gateway",
          .post_logout_redirect_uri = "https://app.example.com/out",
          .cookie = way_out_cookie("/out", true)};
}

std::string header_of(const Page& page, std::string_view name) {
  for (const Header& header : page.headers)
    if (header.name == name) return header.value;
  return {};
}

std::string key_of(const Page& page) { return header_of(page, "Set-Cookie").substr(11, 22); }

std::string state_of(const Page& page) {
  const std::string location = header_of(page, "Location");
  return granted(
             Form::read(location.substr(location.find('?') + 1), std::array<std::string_view, 1>{"state"}))
      .find("state")
      .value_or("");
}

}  // namespace

TEST(WayOut, is_a_redirect_with_hint_client_address_and_state) {
  const Page page = way_out_page(a_relying_provider(), a_way(), a_moment());
  const std::string key = nonce(a_moment(), 0);
  EXPECT_EQ(
      page,
      (Page{.status = 303,
            .headers = {{"Cache-Control", "no-store"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Location",
                         "https://sso.example.com/bye?id_token_hint=a.b.c&client_id=gateway"
                         "&post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fout&state=" +
                             state_of(page)},
                        {"Set-Cookie", "slo-logout=" + key +
                                           "; Path=/out; HttpOnly; Secure; SameSite=Lax; Max-Age=600"}}}));
}

TEST(WayOut, keeps_the_query_of_the_endpoint_and_says_nothing_that_is_not_known) {
  WayOut way = a_way();
  way.endpoint = "https://sso.example.com/bye?realm=r1";
  way.id_token_hint.clear();
  EXPECT_TRUE(
      header_of(way_out_page(a_relying_provider(), way, a_moment()), "Location")
          .starts_with("https://sso.example.com/bye?realm=r1&client_id=gateway&post_logout_redirect_uri="));
  way.client_id.clear();
  way.post_logout_redirect_uri.clear();
  const Page page = way_out_page(a_relying_provider(), way, a_moment());
  EXPECT_EQ(header_of(page, "Location"), "https://sso.example.com/bye?realm=r1");
  EXPECT_EQ(header_of(page, "Set-Cookie"), "") << "nobody comes back";
}

TEST(WayOut, is_a_form_where_the_address_would_be_too_long) {
  WayOut way = a_way();
  const auto status_with = [&](std::size_t size) {
    way.id_token_hint = std::string(size, 'h');
    return way_out_page(a_relying_provider(), way, a_moment()).status;
  };
  way.id_token_hint.clear();
  const std::size_t rest = header_of(way_out_page(a_relying_provider(), way, a_moment()), "Location").size() +
                           std::string("&id_token_hint=").size();
  EXPECT_EQ(status_with(max_way_out_address - rest), 303);
  EXPECT_EQ(status_with(max_way_out_address - rest + 1), 200);

  way.endpoint = "https://sso.example.com/bye?a=1&b=\"";
  const Page page = way_out_page(a_relying_provider(), way, a_moment());
  const std::string script = nonce(a_moment(), 2);
  EXPECT_NE(page.body.find("<form method=\"post\" action=\"https://sso.example.com/bye?a=1&amp;b=&quot;\">\n"
                           "<input type=\"hidden\" name=\"id_token_hint\" value=\"hhh"),
            std::string::npos);
  for (const char* part : {"<input type=\"hidden\" name=\"client_id\" value=\"gateway\">",
                           "name=\"post_logout_redirect_uri\" value=\"https://app.example.com/out\">",
                           "name=\"state\" value=\"", "<button class=\"first\">Continue</button>"})
    EXPECT_NE(page.body.find(part), std::string::npos) << part;
  EXPECT_NE(page.body.find("<script nonce=\"" + script + "\">document.forms[0].submit()</script>"),
            std::string::npos);
  EXPECT_NE(header_of(page, "Content-Security-Policy").find("script-src 'nonce-" + script + "'; "),
            std::string::npos);
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
  EXPECT_EQ(key_of(page), nonce(a_moment(), 0));
}

TEST(WayOut, comes_back_to_the_browser_that_set_out_and_to_no_other) {
  const Provider provider = a_relying_provider();
  const Page page = way_out_page(provider, a_way(), a_moment());
  const std::string state = state_of(page), key = key_of(page);
  EXPECT_EQ(state.size(), 44U);
  EXPECT_TRUE(is_own_return(provider, state, {key}));
  EXPECT_TRUE(is_own_return(provider, state, {"planted", key}));
  EXPECT_FALSE(is_own_return(provider, state, {}));
  EXPECT_FALSE(is_own_return(provider, state, {""}));
  EXPECT_FALSE(is_own_return(provider, state, {nonce(a_moment(), 3)}));
  for (const std::string& other : {std::string(), state.substr(1), state + "A",
                                   state.substr(0, 22) + state.substr(0, 22), 'A' + state.substr(1)})
    EXPECT_FALSE(is_own_return(provider, other, {key})) << other;
  Provider second = a_relying_provider();
  second.issuer = Issuer{"https://second.example"};
  EXPECT_FALSE(is_own_return(second, state, {key}));
}

TEST(WayOut, of_a_second_window_keeps_the_key_and_has_a_state_of_its_own) {
  const Provider provider = a_relying_provider();
  const Page first = way_out_page(provider, a_way(), a_moment());
  WayOut way = a_way();
  way.cookies = {"planted by somebody", key_of(first)};
  Moment later = a_moment();
  later.random.fill(7);
  const Page second = way_out_page(provider, way, later);
  EXPECT_EQ(key_of(second), key_of(first));
  EXPECT_NE(state_of(second), state_of(first));
  for (const Page& page : {first, second})
    EXPECT_TRUE(is_own_return(provider, state_of(page), {key_of(first)}));
}

TEST(WayOut, without_an_op_leads_to_the_operators_place_at_once) {
  EXPECT_EQ(local_way_out_page("/gone"), (Page{.status = 303,
                                               .headers = {{"Cache-Control", "no-store"},
                                                           {"Referrer-Policy", "no-referrer"},
                                                           {"Location", "/gone"}}}));
}

TEST(Return, has_one_state_or_an_unreadable_one_or_none) {
  EXPECT_EQ(returned_state("x=1&state=abc"), "abc");
  EXPECT_EQ(returned_state(""), std::nullopt);
  EXPECT_EQ(returned_state("state="), std::nullopt);
  EXPECT_EQ(returned_state("states=1"), std::nullopt);
  EXPECT_EQ(returned_state("state=a&state=a"), "");
  EXPECT_EQ(returned_state("state=%zz"), "");
}

TEST(Return, leads_to_the_operators_place_and_forgets_the_key) {
  EXPECT_EQ(return_page("https://www.example.com/bye", way_out_cookie("/out", false)),
            (Page{.status = 303,
                  .headers = {{"Cache-Control", "no-store"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Location", "https://www.example.com/bye"},
                              {"Set-Cookie",
                               "slo-logout=; Path=/out; HttpOnly; SameSite=Lax; Max-Age=0; "
                               "Expires=Thu, 01 Jan 1970 00:00:00 GMT"}}}));
}

TEST(WayOutCookie, is_for_the_button_alone_where_that_has_a_plain_path) {
  EXPECT_EQ(way_out_cookie("/slo/out", true),
            (CookieScope{.name = "slo-logout", .path = "/slo/out", .secure = true}));
  for (const std::string_view odd : {"", "@named", "//evil.example", "/a;b", "/a b", "/\xc3\xa4", "/a\nb"})
    EXPECT_EQ(way_out_cookie(odd, false), (CookieScope{.name = "slo-logout", .path = "/", .secure = false}))
        << odd;
}

TEST(ButtonAddress, is_scheme_host_and_path_as_they_were_asked) {
  EXPECT_EQ(button_address(true, "app.example.com", "/slo/out"), "https://app.example.com/slo/out");
  EXPECT_EQ(button_address(false, "App.example.com:8080", "/a%20b"), "http://App.example.com:8080/a%20b");
  for (const std::string_view odd :
       {"", "evil.example/", "a@evil.example", "evil.example?", "evil.example#", "evil example"})
    EXPECT_EQ(button_address(true, odd, "/out"), "") << odd;
  for (const std::string_view odd : {"", "out", "//evil.example/", "/\\evil.example", "/a b"})
    EXPECT_EQ(button_address(true, "app.example.com", odd), "") << odd;
}

TEST(PressQuestion, posts_to_itself_and_may_be_known_by_its_origin) {
  const Page page = press_question_page("app.example.com", "/slo/out");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header_of(page, "Referrer-Policy"), "same-origin");
  EXPECT_EQ(header_of(page, "X-Frame-Options"), "DENY");
  EXPECT_NE(
      page.body.find("<form method=\"post\" action=\"./out\">\n<button class=\"first\">Sign out</button>"),
      std::string::npos);
  EXPECT_NE(press_question_page("<b>", "//evil.example").body.find("<form method=\"post\">"),
            std::string::npos);
  EXPECT_NE(press_question_page("<b>", "/").body.find("&lt;b&gt;"), std::string::npos);
}

TEST(PressRefused, says_why_and_what_may_be_done) {
  const Page image = press_refused_page({Fault::press_not_by_user});
  EXPECT_EQ(image.status, 403);
  EXPECT_EQ(header_of(image, "Cache-Control"), "no-store");
  const Page away = press_refused_page({Fault::store_unreachable, "hush"});
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(header_of(away, "Retry-After"), "5");
  EXPECT_EQ(away.body.find("hush"), std::string::npos);
  EXPECT_EQ(header_of(press_refused_page({Fault::method_not_allowed}), "Allow"), "GET, HEAD, POST");
}

TEST(Landing, is_a_path_of_this_server_or_a_url_and_literal) {
  for (const std::string_view good :
       {"/", "/gone?a=b#c", "https://www.example.com/bye", "http://localhost:8080/", "https://example.com"})
    EXPECT_TRUE(check_landing(good)) << good;
  for (const std::string_view bad :
       {"", "gone", "//evil.example", "/\\evil.example", "/a b", "/a\nb", "/$arg_x", "https://$host/",
        "javascript:x", "https://u@www.example.com/", "https:///x", "https://www.example.com/\\"}) {
    const auto checked = check_landing(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error(),
              (Refusal{Fault::configuration_invalid,
                       "it must be a path on this server or an http(s) URL, without variables"}));
  }
}

TEST(ReturnAddress, is_a_url_without_fragment) {
  EXPECT_TRUE(check_return_address("https://app.example.com/out?x=1"));
  for (const std::string_view bad : {"", "/out", "https://app.example.com/out#", "https://$host/out",
                                     "https://u@app.example.com/", "app:/out"})
    EXPECT_FALSE(check_return_address(bad)) << bad;
}

}  // namespace slo::way_out_test
