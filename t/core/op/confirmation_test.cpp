// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/confirmation.h"
#include "core/text/base64url.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "t/core/op/pages.h"
#include "t/harness/builders.h"

namespace slo::confirmation_test {
namespace {

constexpr std::string_view browser = "BBBBBBBBBBBBBBBBBBBBBB";

Ticket a_ticket() {
  return {.nonce = "nonce-1",
          .expires = a_moment().seconds() + Seconds{300},
          .session = SessionKey{"sid-1"},
          .client = ClientId{"app-a"},
          .post_logout = {.uri = "https://app-a.example.com/out", .state = "af0ifjsldkj"}};
}

std::string sealed(const Provider& provider, const Ticket& ticket) {
  return granted(seal_ticket(provider, ticket, browser));
}

std::optional<Fault> fault_of(const Outcome<Ticket>& opened) {
  return opened ? std::nullopt : std::optional(opened.error().fault);
}

}  // namespace

TEST(Confirmation, ticket_comes_back_as_it_went) {
  const Provider provider = a_provider();
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, a_ticket()), {std::string(browser)})), a_ticket());
}

TEST(Confirmation, ticket_keeps_a_state_of_any_bytes) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  std::string state;
  for (int byte = 1; byte < 256; ++byte) state.push_back(static_cast<char>(byte));
  ticket.post_logout.state = state;
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})), ticket);
}

TEST(Confirmation, ticket_has_room_for_the_longest_parameters) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  ticket.session = SessionKey{std::string(255, 's')};
  ticket.client = ClientId{std::string(255, 'c')};
  ticket.post_logout = {.uri = "https://app-a.example.com/" + std::string(2000, 'u'),
                        .state = std::string(4096, '\xFF')};
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})), ticket);
}

TEST(Confirmation, ticket_without_session_client_and_onward_stays_without) {
  const Provider provider = a_provider();
  const Ticket ticket{.nonce = "n", .expires = a_moment().seconds() + Seconds{1}, .cookie_withheld = true};
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})), ticket);
}

TEST(Confirmation, ticket_keeps_the_fault_of_a_refused_redirect_but_not_its_detail) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  ticket.one_client = true;
  ticket.post_logout = {.refused = Refusal{Fault::redirect_not_registered, "for the log"}};
  Ticket expected = ticket;
  expected.post_logout.refused->detail.clear();
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})), expected);
}

TEST(Confirmation, ticket_never_brings_its_own_answer) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  ticket.answer_yes = true;
  ticket.again = Fault::ticket_used;
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})).again,
            std::nullopt);
  EXPECT_FALSE(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})).answer_yes);
}

TEST(Confirmation, ticket_tells_nothing_to_those_who_see_it) {
  const Provider provider = a_provider();
  const std::string text = sealed(provider, a_ticket());
  EXPECT_TRUE(jose::is_encrypted(text));
  for (const std::string_view secret : {"sid-1", "app-a", "af0ifjsldkj"}) {
    EXPECT_EQ(text.find(secret), std::string::npos);
    EXPECT_EQ(text.find(base64url(secret)), std::string::npos);
  }
}

TEST(Confirmation, ticket_opens_with_any_of_the_cookies_of_its_browser) {
  const Provider provider = a_provider();
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, a_ticket()),
                                {"CCCCCCCCCCCCCCCCCCCCCC", std::string(browser)})),
            a_ticket());
}

TEST(Confirmation, ticket_opens_after_its_life_so_that_the_question_can_be_asked_again) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  ticket.expires = login_time;
  ticket.unknown_cookie = true;
  EXPECT_EQ(granted(open_ticket(provider, sealed(provider, ticket), {std::string(browser)})), ticket);
}

TEST(Confirmation, ticket_opens_in_its_own_browser_only) {
  const Provider provider = a_provider();
  const std::string text = sealed(provider, a_ticket());
  EXPECT_EQ(fault_of(open_ticket(provider, text, {"CCCCCCCCCCCCCCCCCCCCCC"})),
            Fault::ticket_from_other_browser);
  EXPECT_EQ(fault_of(open_ticket(provider, text, {""})), Fault::ticket_from_other_browser);
}

TEST(Confirmation, ticket_sealed_for_no_browser_opens_in_none) {
  const Provider provider = a_provider();
  const std::string text = granted(seal_ticket(provider, a_ticket(), ""));
  EXPECT_EQ(fault_of(open_ticket(provider, text, {""})), Fault::ticket_from_other_browser);
}

TEST(Confirmation, ticket_is_refused_when_altered_or_forged) {
  const Provider provider = a_provider();
  std::string altered = sealed(provider, a_ticket());
  altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(fault_of(open_ticket(provider, altered, {std::string(browser)})), Fault::ticket_invalid);
  EXPECT_EQ(fault_of(open_ticket(provider, "a.b.c.d.e", {std::string(browser)})), Fault::ticket_invalid);
  EXPECT_EQ(fault_of(open_ticket(provider, "approve", {std::string(browser)})), Fault::ticket_invalid);

  Provider peer_mismatch = a_provider();
  peer_mismatch.ticket_secret = "fedcba9876543210fedcba9876543210";
  EXPECT_EQ(fault_of(open_ticket(provider, sealed(peer_mismatch, a_ticket()), {std::string(browser)})),
            Fault::ticket_invalid);
}

TEST(Confirmation, ticket_of_another_issuer_with_the_same_secret_is_refused) {
  const Provider provider = a_provider();
  Provider other = a_provider();
  other.issuer = Issuer{"https://other.example.com"};
  EXPECT_EQ(fault_of(open_ticket(provider, sealed(other, a_ticket()), {std::string(browser)})),
            Fault::ticket_invalid);
}

TEST(Confirmation, browser_cookie_is_bound_to_the_host_on_https) {
  Provider provider = a_provider();
  EXPECT_EQ(browser_cookie_prefix(provider), "__Host-slo-browser");
  provider.issuer = Issuer{"http://127.0.0.1:8080"};
  EXPECT_EQ(browser_cookie_prefix(provider), "slo-browser");
}

TEST(QuestionPage, posts_a_ticket_that_opens_in_the_browser_whose_cookie_it_sets) {
  const Provider provider = a_provider();
  const Page page = question_page(provider, a_ticket(), "/logout", {}, a_moment());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  const std::string cookie = nonce(a_moment(), 2);
  EXPECT_EQ(header_of(page, "Set-Cookie"), "__Host-slo-browser-" + cookie.substr(0, 4) + "=" + cookie +
                                               "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=300");
  EXPECT_TRUE(holds(page, "<form method=\"post\" action=\"./logout\">"));
  EXPECT_TRUE(holds(page, "<button class=\"first\" name=\"choice\" value=\"yes\">"));
  EXPECT_TRUE(holds(page, "<button name=\"choice\" value=\"no\">"));
  EXPECT_EQ(granted(open_ticket(provider, ticket_on(page), {cookie})), a_ticket());
}

TEST(QuestionPage, keeps_a_browser_cookie_of_ours_and_replaces_any_other) {
  const Provider provider = a_provider();
  const auto cookie_after = [&](std::string_view sent) {
    const Page page = question_page(provider, a_ticket(), "/logout", {std::string(sent)}, a_moment());
    const std::string set = header_of(page, "Set-Cookie");
    return set.substr(0, set.find(';'));
  };
  EXPECT_EQ(cookie_after(browser), "__Host-slo-browser-BBBB=" + std::string(browser));
  EXPECT_EQ(cookie_after("planted"),
            "__Host-slo-browser-" + nonce(a_moment(), 2).substr(0, 4) + "=" + nonce(a_moment(), 2));
  EXPECT_EQ(cookie_after("BBBBBBBBBBBBBBBBBBBBB;"),
            "__Host-slo-browser-" + nonce(a_moment(), 2).substr(0, 4) + "=" + nonce(a_moment(), 2));
}

TEST(QuestionPage, cannot_be_framed_stored_or_told_to_others) {
  const Page page = question_page(a_provider(), a_ticket(), "/logout", {}, a_moment());
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(page, "X-Frame-Options"), "DENY");
  const std::string policy = header_of(page, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-"));
  EXPECT_TRUE(policy.ends_with("'; base-uri 'none'; frame-ancestors 'none'"));
  // Chrome applies it to the redirect after the yes as well.
  EXPECT_EQ(policy.find("form-action"), std::string::npos);
  // no-referrer would make browsers send `Origin: null` with the form.
  EXPECT_EQ(header_of(page, "Referrer-Policy"), "same-origin");
}

TEST(QuestionPage, names_the_client_that_asks_as_text) {
  Provider provider = a_provider();
  client_of(provider, "app-a").name = "<script>alert('1')</script>";
  const Page page = question_page(provider, a_ticket(), "/logout", {}, a_moment());
  EXPECT_TRUE(holds(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
  EXPECT_FALSE(holds(page, "<script"));
}

TEST(QuestionPage, shows_neither_session_nor_state_nor_redirect) {
  const Page page = question_page(a_provider(), a_ticket(), "/logout", {}, a_moment());
  for (const std::string_view secret : {"sid-1", "af0ifjsldkj", "https://app-a.example.com/out"}) {
    EXPECT_FALSE(holds(page, secret)) << secret;
  }
}

TEST(QuestionPage, asks_for_what_a_yes_will_do) {
  const Provider provider = a_provider();
  Ticket ticket = a_ticket();
  const auto asks = [&](std::string_view words) {
    return holds(question_page(provider, ticket, "/logout", {}, a_moment()), words);
  };
  EXPECT_TRUE(asks("of all applications"));
  ticket.one_client = true;
  EXPECT_TRUE(asks("stay signed in to your other applications"));
  ticket.session.reset();
  EXPECT_TRUE(asks("You are not signed in here."));
  EXPECT_FALSE(asks(">Sign out<"));
  ticket.one_client = false;
  ticket.cookie_withheld = true;
  EXPECT_TRUE(asks(">Sign out<"));
}

// Tabs that are restored together ask before any of them has an answer.
TEST(QuestionPage, leaves_the_ticket_of_a_tab_that_asked_at_the_same_time_valid) {
  const Provider provider = a_provider();
  const auto set_by = [&](unsigned char random) {
    const std::string set = header_of(
        question_page(provider, a_ticket(), "/logout", {}, a_moment(Millis{0}, random)), "Set-Cookie");
    return set.substr(0, set.find('='));
  };
  EXPECT_NE(set_by(0), set_by(1));
}

TEST(QuestionPage, posts_to_where_it_stands_whatever_a_proxy_has_cut_off) {
  const auto action = [](std::string_view self) {
    const Page page = question_page(a_provider(), a_ticket(), self, {}, a_moment());
    return all_between(page.body, "action=\"", "\"");
  };
  EXPECT_EQ(action("/a/b/logout"), std::vector<std::string>{"./logout"});
  EXPECT_EQ(action("/logout/"), std::vector<std::string>{"./"});
  EXPECT_EQ(action("/x:y"), std::vector<std::string>{"./x:y"});
}

TEST(QuestionPage, says_why_it_is_asked_once_more) {
  Ticket ticket = a_ticket();
  const auto says = [&](std::string_view words) {
    return holds(question_page(a_provider(), ticket, "/logout", {}, a_moment()), words);
  };
  EXPECT_FALSE(says("once more"));
  ticket.again = Fault::ticket_expired;
  EXPECT_TRUE(says("Your answer came too late, so you are asked once more."));
  ticket.again = Fault::ticket_used;
  EXPECT_TRUE(says("Your answer was used before, so you are asked once more."));
}

TEST(QuestionPage, claims_nothing_of_a_cookie_that_is_not_known) {
  Ticket ticket{.nonce = "n", .expires = a_moment().seconds() + Seconds{1}, .unknown_cookie = true};
  const Page page = question_page(a_provider(), ticket, "/logout", {}, a_moment());
  EXPECT_TRUE(holds(page, "holds a sign-in at <b>sso.example.com</b> that is not known here"));
  EXPECT_TRUE(holds(page, "sign out there yourself"));
  EXPECT_TRUE(holds(page, ">Sign out<"));
  EXPECT_FALSE(holds(page, "ou are signed out"));
}

TEST(QuestionPage, posts_to_no_other_host) {
  for (const std::string_view self : {"//evil.example", "https://evil.example/", "/\\evil.example", ""}) {
    EXPECT_TRUE(
        holds(question_page(a_provider(), a_ticket(), self, {}, a_moment()), "<form method=\"post\">"))
        << self;
  }
  EXPECT_TRUE(
      holds(question_page(a_provider(), a_ticket(), "/a\"b", {}, a_moment()), "action=\"./a&quot;b\""));
}

TEST(QuestionPage, is_a_refusal_where_tickets_cannot_be_sealed) {
  Provider provider = a_provider();
  provider.ticket_secret.clear();
  EXPECT_EQ(question_page(provider, a_ticket(), "/logout", {}, a_moment()).status, 500);
}

TEST(StayedPage, changes_nothing) {
  const Page page = stayed_page(a_provider());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header_of(page, "Set-Cookie"), "");
  EXPECT_EQ(header_of(page, "Location"), "");
  EXPECT_TRUE(holds(page, "You were not signed out."));
}

}  // namespace slo::confirmation_test
