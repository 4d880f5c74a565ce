// SPDX-License-Identifier: BSD-2-Clause
// Who may press the logout button: rule by rule, and their near misses.
#include "core/rp/logout_button.h"

#include <gtest/gtest.h>

#include <string>

#include "t/core/rp/logout_tokens.h"

namespace slo::logout_button_test {
namespace {

constexpr std::string_view host = "app.example.com";

ButtonRequest navigated(std::string_view site, std::string_view method = "GET") {
  return {
      .method = method, .is_https = true, .host = host, .site = site, .mode = "navigate", .dest = "document"};
}

// A browser that says nothing of where it comes from but this.
ButtonRequest plain(std::string_view origin, std::string_view referer = {}, std::string_view method = "GET") {
  return {.method = method, .is_https = true, .host = host, .origin = origin, .referer = referer};
}

Press pressed(const ButtonRequest& request) { return granted(judge_press(request)); }

Refusal refusal_of(const ButtonRequest& request) {
  const auto press = judge_press(request);
  return press ? Refusal{Fault::internal, "accepted"} : press.error();
}

std::string an_id_token(std::string_view changes) { return a_logout_token(changes, R"({"typ":"JWT"})"); }

}  // namespace

TEST(Button, is_pressed_by_a_navigation_of_the_same_site_or_of_nobody) {
  for (const std::string_view site : {"same-origin", "same-site", "none"}) {
    EXPECT_EQ(pressed(navigated(site)), Press::ends) << site;
    EXPECT_EQ(pressed(navigated(site, "HEAD")), Press::ends) << site;
  }
}

TEST(Button, asks_whom_another_site_has_led_there) {
  for (const std::string_view site : {"cross-site", "Same-Origin", "same-origin ", "unheard-of"}) {
    for (const std::string_view method : {"GET", "HEAD", "POST"})
      EXPECT_EQ(pressed(navigated(site, method)), Press::asks) << site << method;
  }
}

TEST(Button, is_no_part_of_another_page_of_whichever_site) {
  for (const std::string_view dest : {"image", "iframe", "frame", "script", "style", "empty", "object",
                                      "embed", "fencedframe", "Document"}) {
    for (const std::string_view site : {"cross-site", "same-site", "none", "same-origin"}) {
      ButtonRequest request = navigated(site);
      request.dest = dest;
      request.mode = "no-cors";
      EXPECT_EQ(refusal_of(request), Refusal{Fault::press_not_by_user}) << site << ' ' << dest;
    }
  }
}

TEST(Button, is_pressed_by_scripts_of_its_own_origin_alone) {
  for (const std::string_view method : {"GET", "POST"}) {
    for (const std::string_view mode : {"cors", "same-origin"}) {
      ButtonRequest request = navigated("same-origin", method);
      request.dest = "empty", request.mode = mode;
      EXPECT_EQ(pressed(request), Press::ends) << method << mode;
      for (const std::string_view site : {"same-site", "none", "cross-site"}) {
        request.site = site;
        EXPECT_EQ(refusal_of(request), Refusal{Fault::press_not_by_user}) << site;
      }
    }
  }
}

TEST(Button, is_posted_from_its_own_origin_or_asks) {
  EXPECT_EQ(pressed(navigated("same-origin", "POST")), Press::ends);
  for (const std::string_view site : {"same-site", "none"}) {
    ButtonRequest request = navigated(site, "POST");
    EXPECT_EQ(pressed(request), Press::asks) << site;
    request.origin = "https://other.example.com";
    EXPECT_EQ(pressed(request), Press::asks) << site;
    request.origin = "https://app.example.com";
    EXPECT_EQ(pressed(request), Press::ends) << site;
  }
  ButtonRequest contradiction = navigated("cross-site", "POST");
  contradiction.origin = "https://app.example.com";
  EXPECT_EQ(pressed(contradiction), Press::asks);
}

TEST(Button, is_pressed_by_an_own_origin_where_browsers_say_no_more) {
  for (const std::string_view method : {"GET", "HEAD", "POST"})
    EXPECT_EQ(pressed(plain("https://app.example.com", {}, method)), Press::ends) << method;
  for (const std::string_view other :
       {"null", "https://app.example.com:8443", "http://app.example.com",
        "https://app.example.com.evil.example", "https://evil-app.example.com",
        "https://app.example.com@evil.example", "https://app.example.co", "https://user@app.example.com",
        "https://app.example.com/", "app.example.com", "https://example.com", "HTTPS://APP.EXAMPLE.COM",
        "https://app.example.com, https://evil.example"}) {
    EXPECT_EQ(pressed(plain(other, "https://app.example.com/", "POST")), Press::asks) << other;
  }
}

TEST(Button, is_pressed_from_an_own_page_where_there_is_no_origin) {
  EXPECT_EQ(pressed(plain("", "https://app.example.com/page?a=b")), Press::ends);
  EXPECT_EQ(pressed(plain("", "https://app.example.com", "POST")), Press::ends);
  for (const std::string_view other :
       {"", "https://evil.example/https://app.example.com/", "https://app.example.com.evil.example/",
        "http://app.example.com/", "https://app.example.com@evil.example/", "https://user@app.example.com/",
        "/page", "android-app://app.example.com/"}) {
    EXPECT_EQ(pressed(plain("", other)), Press::asks) << other;
  }
}

TEST(Button, knows_its_own_origin_by_scheme_host_and_port) {
  const auto is_own = [](std::string_view own, std::string_view origin, bool is_https) {
    return pressed({.method = "POST", .is_https = is_https, .host = own, .origin = origin}) == Press::ends;
  };
  EXPECT_TRUE(is_own("APP.example.com:443", "https://app.example.com", true));
  EXPECT_TRUE(is_own("app.example.com:8443", "https://app.example.com:8443", true));
  EXPECT_TRUE(is_own("[::1]:8080", "http://[::1]:8080", false));
  EXPECT_TRUE(is_own("app.example.com", "https://app.example.com", false)) << "a proxy took the TLS off";
  EXPECT_FALSE(is_own("app.example.com:8443", "https://app.example.com", true));
  EXPECT_FALSE(is_own("app.example.com:80", "http://app.example.com", true));
  for (const std::string_view odd : {"", "app.example.com/", "a@app.example.com", "app.example.com?x", "a b"})
    EXPECT_FALSE(is_own(odd, "https://app.example.com", true)) << odd;
}

TEST(Button, ends_nothing_for_what_is_loaded_in_advance) {
  for (const std::string_view purpose :
       {"prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip", "preview"}) {
    ButtonRequest request = navigated("same-origin");
    request.purpose = purpose;
    EXPECT_EQ(refusal_of(request), Refusal{Fault::speculative_request}) << purpose;
  }
}

TEST(Button, is_read_and_posted_only) {
  for (const std::string_view method : {"PUT", "DELETE", "OPTIONS", "PATCH", "get", ""}) {
    EXPECT_EQ(refusal_of(navigated("same-origin", method)),
              (Refusal{Fault::method_not_allowed, "GET, HEAD, POST"}))
        << method;
  }
}

TEST(Button, takes_who_brings_a_state_for_one_who_returns) {
  for (const std::string_view site : {"cross-site", "same-site", "same-origin", "none", ""}) {
    ButtonRequest request = navigated(site);
    request.has_state = true;
    EXPECT_EQ(pressed(request), Press::returns) << site;
    request.method = "POST";
    EXPECT_NE(pressed(request), Press::returns) << site;
  }
}

TEST(Button, takes_who_has_set_out_and_comes_from_another_site_for_one_whose_state_was_lost) {
  ButtonRequest request = navigated("cross-site");
  request.has_set_out = true;
  EXPECT_EQ(pressed(request), Press::returns);
  request.method = "POST";
  EXPECT_EQ(pressed(request), Press::asks);
  for (const std::string_view site : {"same-site", "same-origin", "none"}) {
    request = navigated(site);
    request.has_set_out = true;
    EXPECT_EQ(pressed(request), Press::ends) << "he presses again";
  }
  request = plain("");
  request.has_set_out = true;
  EXPECT_EQ(pressed(request), Press::asks);
}

TEST(ButtonToken, is_the_whole_token_and_whose_it_is) {
  const Provider provider = a_relying_provider();
  const std::string token = an_id_token(R"({"aud":["else","wiki"],"auth_time":1000})");
  const ButtonToken told{.claims = {.sid = "sid-1", .sub = "alice", .since = TimeS(Seconds(1000))},
                         .hint = token,
                         .client_id = "wiki"};
  EXPECT_EQ(read_button_token(provider, token), told);
  EXPECT_EQ(read_button_token(provider, "Bearer " + token), told);
  EXPECT_EQ(read_button_token(provider, an_id_token(R"({"aud":"else"})"))->client_id, "");
}

TEST(ButtonToken, is_of_this_issuer_and_no_other_text) {
  const Provider provider = a_relying_provider();
  EXPECT_EQ(read_button_token(provider, an_id_token(R"({"iss":"https://else.example"})")), std::nullopt);
  for (const std::string_view odd : {"", "x", "Bearer ", "a.b.c"})
    EXPECT_EQ(read_button_token(provider, odd), std::nullopt) << odd;
}

TEST(MarkOfPress, is_of_the_sid_else_of_the_sub_else_there_is_none) {
  const TimeS now(Seconds(1'796'000'000));
  EXPECT_EQ(mark_of_press("s1", "ann", now), (Mark{.of = Mark::Of::sid, .value = "s1", .at = now}));
  EXPECT_EQ(mark_of_press("", "ann", now), (Mark{.of = Mark::Of::sub, .value = "ann", .at = now}));
  EXPECT_EQ(mark_of_press("a\nb", "ann", now), (Mark{.of = Mark::Of::sub, .value = "ann", .at = now}));
  EXPECT_EQ(mark_of_press("", "", now), std::nullopt);
  EXPECT_EQ(mark_of_press("", std::string(256, 's'), now), std::nullopt);
}

}  // namespace slo::logout_button_test
