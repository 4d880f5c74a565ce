// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/end_session.h"

#include <gtest/gtest.h>

#include "core/text/form.h"
#include "t/core/op/hint_tokens.h"
#include "t/core/op/pages.h"

namespace slo::end_session_test {
namespace {

constexpr std::string_view out_of_a = "https://app-a.example.com/out";
constexpr std::string_view browser = "BBBBBBBBBBBBBBBBBBBBBB";

std::optional<Fault> fault_of(const Outcome<CheckedRequest>& checked) {
  return checked ? std::nullopt : std::optional(checked.error().fault);
}
std::optional<Fault> fault_of(const Outcome<EndSessionRequest>& request) {
  return request ? std::nullopt : std::optional(request.error().fault);
}
std::optional<Fault> fault_of_asking(const Provider& provider, const EndSessionRequest& request) {
  return fault_of(check_request(provider, request, a_moment()));
}

EndSessionRequest with_hint(const Provider& provider, std::string_view changes = "{}") {
  return {.id_token_hint = a_hint(provider, changes)};
}

// What the form of a question page sends back from the browser that was asked.
EndSessionRequest an_answer(const Provider& provider, const Ticket& ticket, std::string_view choice = "yes") {
  return {.is_post = true,
          .ticket = granted(seal_ticket(provider, ticket, browser)),
          .choice = std::string(choice),
          .browser_cookies = {std::string(browser)},
          .sec_fetch_site = "same-origin",
          .origin = std::string(test_issuer)};
}

Ticket a_ticket() {
  return {.nonce = "n",
          .expires = a_moment().seconds() + Seconds{300},
          .session = SessionKey{"sid-1"},
          .client = ClientId{"app-a"},
          .post_logout = {.uri = std::string(out_of_a), .state = "s"}};
}

}  // namespace

TEST(Ask, refuses_what_a_browser_loads_before_anybody_has_clicked) {
  const Provider provider = a_provider();
  for (const std::string_view purpose : {"prefetch", "prefetch;prerender", "prerender", "preview"}) {
    const EndSessionRequest request{.purpose = std::string(purpose)};
    EXPECT_EQ(fault_of_asking(provider, request), Fault::speculative_request) << purpose;
  }
  EXPECT_TRUE(check_request(provider, {.purpose = "navigation"}, a_moment()));
}

TEST(Ask, tells_documents_from_what_a_page_embeds) {
  const Provider provider = a_provider();
  const auto is_embedded = [&](std::string_view dest) {
    return granted(check_request(provider, {.sec_fetch_dest = std::string(dest)}, a_moment())).is_embedded;
  };
  EXPECT_FALSE(is_embedded(""));
  EXPECT_FALSE(is_embedded("document"));
  for (const auto* dest : {"image", "iframe", "script", "empty"}) EXPECT_TRUE(is_embedded(dest)) << dest;
}

TEST(Decide, asks_even_with_proof_where_no_document_but_an_image_or_a_frame_was_wanted) {
  const Provider provider = a_provider();
  const Found found{.by_sid = a_session()};
  CheckedRequest checked{.hint = Hint{.client = provider.find(ClientId{"app-a"}),
                                      .sub = found.by_sid->sub,
                                      .sid = Sid{found.by_sid->key.value}}};
  checked.client = checked.hint->client;
  EXPECT_TRUE(std::holds_alternative<End>(decide(provider, checked, found, a_moment())));
  checked.is_embedded = true;
  EXPECT_TRUE(std::holds_alternative<AskUser>(decide(provider, checked, found, a_moment())));
}

TEST(EndSessionRequest, is_read_from_a_query_and_from_a_body_alike) {
  constexpr std::string_view form =
      "id_token_hint=h&logout_hint=l&client_id=c&post_logout_redirect_uri=https%3A%2F%2Fa%2F&state=a+b%2B&ui_"
      "locales=de";
  for (const bool is_post : {false, true}) {
    const auto request = granted(read_end_session_request(is_post, form));
    EXPECT_EQ(request.is_post, is_post);
    EXPECT_EQ(request.id_token_hint, "h");
    EXPECT_EQ(request.logout_hint, "l");
    EXPECT_EQ(request.client_id, "c");
    EXPECT_EQ(request.post_logout_redirect_uri, "https://a/");
    EXPECT_EQ(request.state, "a b+");
    EXPECT_EQ(request.ui_locales, "de");
    EXPECT_EQ(request.ticket, std::nullopt);
    EXPECT_EQ(request.choice, std::nullopt);
  }
}

TEST(EndSessionRequest, takes_a_confirmation_from_a_post_alone) {
  EXPECT_EQ(granted(read_end_session_request(true, "ticket=t&choice=yes")).ticket, "t");
  EXPECT_EQ(granted(read_end_session_request(true, "ticket=t&choice=yes")).choice, "yes");
  EXPECT_EQ(granted(read_end_session_request(false, "ticket=t&choice=yes")).ticket, std::nullopt);
  EXPECT_EQ(granted(read_end_session_request(false, "ticket=t&choice=yes")).choice, std::nullopt);
}

TEST(EndSessionRequest, ignores_unknown_and_empty_parameters) {
  const auto request =
      granted(read_end_session_request(false, "consent=approve&consent=x&state=&id_token_hint="));
  EXPECT_EQ(request.state, std::nullopt);
  EXPECT_EQ(request.id_token_hint, std::nullopt);
}

TEST(EndSessionRequest, is_refused_when_a_parameter_repeats_or_is_broken) {
  EXPECT_EQ(fault_of(read_end_session_request(false, "state=1&state=2")), Fault::parameter_repeated);
  EXPECT_EQ(fault_of(read_end_session_request(true, "state=%2")), Fault::form_malformed);
}

TEST(EndSessionRequest, is_refused_when_its_state_is_too_long_to_come_back) {
  EXPECT_EQ(fault_of(read_end_session_request(true, "state=" + std::string(4096, 'a'))), std::nullopt);
  EXPECT_EQ(fault_of(read_end_session_request(true, "state=" + std::string(4097, 'a'))),
            Fault::form_too_large);
}

TEST(Ask, needs_nothing_from_an_empty_request) {
  const auto checked = granted(check_request(a_provider(), {}, a_moment()));
  EXPECT_EQ(checked.question, SessionQuestion{});
  EXPECT_EQ(checked.client, nullptr);
  EXPECT_TRUE(checked.cookies.empty());
  EXPECT_FALSE(checked.cookie_withheld);
}

TEST(Ask, looks_for_the_session_of_the_cookie_and_of_the_hints_sid) {
  const Provider provider = a_provider();
  EndSessionRequest request = with_hint(provider);
  request.session_cookies = {"cookie"};
  const auto checked = granted(check_request(provider, request, a_moment()));
  EXPECT_EQ(checked.question, (SessionQuestion{.cookies = {digest_cookie(provider.cookie_secret, "cookie")},
                                               .sid = Sid{"sid-1"}}));
  EXPECT_EQ(checked.cookies.size(), 1U);
  EXPECT_EQ(checked.client, provider.find(ClientId{"app-a"}));
}

TEST(Ask, looks_for_the_subjects_sessions_only_where_the_hint_has_no_sid) {
  const Provider provider = a_provider();
  const auto checked = granted(check_request(provider, with_hint(provider, R"({"sid":null})"), a_moment()));
  EXPECT_EQ(checked.question, SessionQuestion{.subject = Subject{"alice"}});
}

TEST(Ask, looks_for_no_cookie_where_the_operator_named_none) {
  Provider provider = a_provider();
  provider.session_cookies.clear();
  const auto checked = granted(check_request(provider, {.session_cookies = {"cookie"}}, a_moment()));
  EXPECT_EQ(checked.question, SessionQuestion{});
}

TEST(Ask, lets_a_logout_hint_select_nothing) {
  const auto checked = granted(check_request(a_provider(), {.logout_hint = "alice"}, a_moment()));
  EXPECT_EQ(checked.question, SessionQuestion{});
}

TEST(Ask, minds_no_locales) {
  const Provider provider = a_provider();
  EndSessionRequest request = with_hint(provider);
  request.ui_locales = "tlh xx-nonsense \xFF";
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt);
}

TEST(Ask, uses_nothing_of_a_failed_hint_and_nothing_beside_it) {
  const Provider provider = a_provider();
  EndSessionRequest request{.id_token_hint = a_hint(provider) + "x",
                            .client_id = "app-a",
                            .post_logout_redirect_uri = std::string(out_of_a)};
  EXPECT_TRUE(fault_of_asking(provider, request).has_value());
  request.id_token_hint = a_hint_signed_by(a_key(test_keys::other_rsa_2048), jose::Algorithm::RS256);
  EXPECT_EQ(fault_of_asking(provider, request), Fault::token_key_unknown);
}

TEST(Ask, wants_a_hint_where_the_operator_does) {
  Provider provider = a_provider();
  provider.hint.required = true;
  EXPECT_EQ(fault_of_asking(provider, {.client_id = "app-a"}), Fault::hint_required);
  EXPECT_EQ(fault_of_asking(provider, with_hint(provider)), std::nullopt);
}

TEST(Ask, refuses_a_client_id_other_than_the_hints) {
  const Provider provider = a_provider();
  EndSessionRequest request = with_hint(provider);
  request.client_id = "app-b";
  EXPECT_EQ(fault_of_asking(provider, request), Fault::hint_client_mismatch);
  request.client_id = "app-a";
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt);
}

TEST(Ask, drops_all_of_a_contradictory_request_where_the_operator_prefers_the_question) {
  Provider provider = a_provider();
  provider.hint.confirm_mismatch = true;
  EndSessionRequest request = with_hint(provider);
  request.client_id = "app-b";
  request.post_logout_redirect_uri = "https://app-b.example.com/out";
  request.state = "s";
  request.session_cookies = {"cookie"};
  const auto checked = granted(check_request(provider, request, a_moment()));
  EXPECT_FALSE(checked.hint.has_value());
  EXPECT_EQ(checked.client, nullptr);
  EXPECT_EQ(checked.redirect, std::nullopt);
  EXPECT_EQ(checked.state, std::nullopt);
  EXPECT_EQ(checked.question, SessionQuestion{.cookies = {digest_cookie(provider.cookie_secret, "cookie")}});
}

TEST(Ask, refuses_a_client_that_is_not_registered) {
  EXPECT_EQ(fault_of_asking(a_provider(), {.client_id = "app-z"}), Fault::client_unknown);
}

TEST(Ask, allows_a_registered_redirect_for_the_client_of_the_hint_or_of_client_id) {
  const Provider provider = a_provider();
  EndSessionRequest by_hint = with_hint(provider);
  EndSessionRequest by_client_id{.client_id = "app-a"};
  for (EndSessionRequest* request : {&by_hint, &by_client_id}) {
    request->post_logout_redirect_uri = std::string(out_of_a);
    request->state = "s";
    const auto checked = granted(check_request(provider, *request, a_moment()));
    EXPECT_EQ(checked.redirect, out_of_a);
    EXPECT_EQ(checked.state, "s");
  }
}

TEST(Ask, keeps_no_state_without_a_redirect) {
  const Provider provider = a_provider();
  EndSessionRequest request = with_hint(provider);
  request.state = "s";
  EXPECT_EQ(granted(check_request(provider, request, a_moment())).state, std::nullopt);
}

TEST(Ask, refuses_every_near_miss_of_a_registered_redirect) {
  const Provider provider = a_provider();
  for (const std::string_view miss : {"https://app-a.example.com/out/",
                                      "https://app-a.example.com/out?",
                                      "https://app-a.example.com/out?x=1",
                                      "https://app-a.example.com/out#",
                                      "https://app-a.example.com/OUT",
                                      "https://APP-A.example.com/out",
                                      "HTTPS://app-a.example.com/out",
                                      "http://app-a.example.com/out",
                                      "https://app-a.example.com:443/out",
                                      "https://app-a.example.com/./out",
                                      "https://app-a.example.com/%6Fut",
                                      "https://app-a.example.com/ou",
                                      "https://x@app-a.example.com/out",
                                      "https://app-a.example.com.evil.example/out",
                                      " https://app-a.example.com/out",
                                      "https://app-a.example.com/out ",
                                      "//app-a.example.com/out",
                                      "/out",
                                      "javascript:alert(1)",
                                      "https://app-b.example.com/out"}) {
    EndSessionRequest request = with_hint(provider);
    request.post_logout_redirect_uri = std::string(miss);
    EXPECT_EQ(fault_of_asking(provider, request), Fault::redirect_not_registered) << miss;
  }
}

TEST(Ask, refuses_a_redirect_without_a_client) {
  EXPECT_EQ(fault_of_asking(a_provider(), {.post_logout_redirect_uri = std::string(out_of_a)}),
            Fault::redirect_without_client);
}

TEST(Ask, ends_without_a_redirect_where_the_operator_prefers_that_to_a_refusal) {
  Provider provider = a_provider();
  provider.bad_redirect = BadRedirect::end_without_redirect;
  EndSessionRequest request = with_hint(provider);
  request.post_logout_redirect_uri = "https://evil.example/";
  request.state = "s";
  const auto checked = granted(check_request(provider, request, a_moment()));
  EXPECT_EQ(checked.redirect, std::nullopt);
  EXPECT_EQ(checked.state, std::nullopt);
  EXPECT_EQ(checked.bad_redirect, Refusal{Fault::redirect_not_registered});

  const EndSessionRequest nobodys{.post_logout_redirect_uri = std::string(out_of_a)};
  EXPECT_EQ(granted(check_request(provider, nobodys, a_moment())).bad_redirect,
            Refusal{Fault::redirect_without_client});
}

TEST(Ask, knows_that_a_post_from_another_site_brings_no_cookie) {
  const Provider provider = a_provider();
  const auto withheld = [&](const EndSessionRequest& request) {
    return granted(check_request(provider, request, a_moment())).cookie_withheld;
  };
  EXPECT_TRUE(withheld({.is_post = true, .sec_fetch_site = "cross-site"}));
  EXPECT_TRUE(withheld({.is_post = true, .origin = "https://app-a.example.com"}));
  EXPECT_TRUE(withheld({.is_post = true, .origin = "null"}));
  EXPECT_FALSE(withheld({.is_post = true}));
  EXPECT_FALSE(withheld({.is_post = true, .sec_fetch_site = "same-origin"}));
  EXPECT_FALSE(withheld({.is_post = true, .session_cookies = {"cookie"}, .sec_fetch_site = "cross-site"}));
  EXPECT_FALSE(withheld({.is_post = false, .sec_fetch_site = "cross-site"}));
}

TEST(AskWithTicket, looks_for_the_session_that_was_asked_about_and_the_cookies) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  request.session_cookies = {"cookie"};
  const auto checked = granted(check_request(provider, request, a_moment()));
  Ticket expected = a_ticket();
  expected.answer_yes = true;
  EXPECT_EQ(checked.ticket, expected);
  EXPECT_EQ(checked.client, provider.find(ClientId{"app-a"}));
  EXPECT_EQ(checked.question, (SessionQuestion{.cookies = {digest_cookie(provider.cookie_secret, "cookie")},
                                               .key = SessionKey{"sid-1"}}));
}

TEST(AskWithTicket, takes_all_but_yes_for_no) {
  const Provider provider = a_provider();
  const auto answer = [&](std::string_view choice) {
    return granted(check_request(provider, an_answer(provider, a_ticket(), choice), a_moment()))
        .ticket->answer_yes;
  };
  EXPECT_TRUE(answer("yes"));
  for (const std::string_view no : {"no", "", "YES", "yes ", "true"}) EXPECT_FALSE(answer(no)) << no;
  EndSessionRequest silent = an_answer(provider, a_ticket());
  silent.choice.reset();
  EXPECT_FALSE(granted(check_request(provider, silent, a_moment())).ticket->answer_yes);
}

TEST(AskWithTicket, works_by_post_alone) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  request.is_post = false;
  EXPECT_FALSE(granted(check_request(provider, request, a_moment())).ticket.has_value());
}

TEST(AskWithTicket, needs_no_hint_even_where_hints_are_required) {
  Provider provider = a_provider();
  provider.hint.required = true;
  EXPECT_EQ(fault_of_asking(provider, an_answer(provider, a_ticket())), std::nullopt);
}

TEST(AskWithTicket, refuses_an_answer_that_another_site_sent) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  for (const std::string_view site : {"cross-site", "same-site", "nonsense"}) {
    request.sec_fetch_site = site;
    EXPECT_EQ(fault_of_asking(provider, request), Fault::cross_site_request) << site;
  }
  request.sec_fetch_site.clear();
  for (const std::string_view origin :
       {"https://app-a.example.com", "null", "http://sso.example.com", "https://sso.example.com:8443",
        "https://sso.example.com.evil.example"}) {
    request.origin = origin;
    EXPECT_EQ(fault_of_asking(provider, request), Fault::cross_site_request) << origin;
  }
}

TEST(AskWithTicket, believes_browsers_that_say_less) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  request.sec_fetch_site.clear();
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt);
  request.origin.clear();
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt);
}

TEST(AskWithTicket, refuses_a_ticket_that_is_foreign_or_no_ticket) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  request.browser_cookies = {"CCCCCCCCCCCCCCCCCCCCCC"};
  EXPECT_EQ(fault_of_asking(provider, request), Fault::ticket_from_other_browser);
  request.browser_cookies.clear();
  EXPECT_EQ(fault_of_asking(provider, request), Fault::ticket_from_other_browser);
  request.ticket = "approve";
  EXPECT_EQ(fault_of_asking(provider, request), Fault::ticket_invalid);
}

TEST(AskWithTicket, asks_once_more_after_an_answer_that_came_too_late) {
  const Provider provider = a_provider();
  const EndSessionRequest request = an_answer(provider, a_ticket());
  EXPECT_EQ(granted(check_request(provider, request, a_moment(Seconds{299}))).ticket->again, std::nullopt);
  const auto checked = granted(check_request(provider, request, a_moment(Seconds{300})));
  EXPECT_EQ(checked.ticket->again, Fault::ticket_expired);
  EXPECT_EQ(checked.ticket->post_logout, a_ticket().post_logout);
}

// Plain http at another port than the issuer's: browsers send no Sec-Fetch-Site there.
TEST(AskWithTicket, believes_the_origin_of_the_host_that_was_asked) {
  const Provider provider = a_provider();
  EndSessionRequest request = an_answer(provider, a_ticket());
  request.sec_fetch_site.clear();
  request.host = "10.0.0.1:8080";
  request.origin = "http://10.0.0.1:8080";
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt);
  request.origin = "https://10.0.0.1:8080";
  EXPECT_EQ(fault_of_asking(provider, request), std::nullopt) << "TLS ends in front of us";
  for (const char* origin : {"http://10.0.0.1", "http://10.0.0.1:8081", "ftp://10.0.0.1:8080", "null"}) {
    request.origin = origin;
    EXPECT_EQ(fault_of_asking(provider, request), Fault::cross_site_request) << origin;
  }
  request.origin = "http://10.0.0.1:8080";
  request.sec_fetch_site = "cross-site";
  EXPECT_EQ(fault_of_asking(provider, request), Fault::cross_site_request) << "the browser's own word counts";
}

TEST(Ask, looks_every_cookie_up_with_and_without_its_quotes) {
  const Provider provider = a_provider();
  const auto digest = [&](std::string_view value) { return digest_cookie(provider.cookie_secret, value); };
  const auto checked =
      granted(check_request(provider, {.session_cookies = {"stale", "\"right\"", "", "stale"}}, a_moment()));
  EXPECT_EQ(checked.question,
            (SessionQuestion{.cookies = {digest("stale"), digest("\"right\""), digest("right")}}));
  EXPECT_EQ(checked.cookies.size(), 2U);
  EXPECT_FALSE(checked.too_many_cookies);
}

TEST(Ask, looks_no_more_than_eight_cookies_up_and_knows_that_there_were_more) {
  EndSessionRequest request;
  for (int i = 0; i < 9; ++i) request.session_cookies.push_back("cookie-" + std::to_string(i));
  const auto nine = granted(check_request(a_provider(), request, a_moment()));
  EXPECT_EQ(nine.question.cookies.size(), max_session_cookies);
  EXPECT_TRUE(nine.too_many_cookies);
  request.session_cookies.pop_back();
  EXPECT_FALSE(granted(check_request(a_provider(), request, a_moment())).too_many_cookies);
}

TEST(Ask, asks_the_user_about_his_own_session_where_the_hint_is_too_large_to_be_read) {
  Provider provider = a_provider();
  const EndSessionRequest request{.id_token_hint = std::string(20000, 'x'),
                                  .client_id = "app-a",
                                  .post_logout_redirect_uri = std::string(out_of_a),
                                  .session_cookies = {"cookie"}};
  const auto checked = granted(check_request(provider, request, a_moment()));
  EXPECT_EQ(checked.client, nullptr);
  EXPECT_EQ(checked.redirect, std::nullopt);
  EXPECT_EQ(checked.bad_redirect, Refusal{Fault::token_too_large});
  EXPECT_EQ(checked.dropped_hint->fault, Fault::token_too_large);
  EXPECT_EQ(checked.question, SessionQuestion{.cookies = {digest_cookie(provider.cookie_secret, "cookie")}});
  provider.hint.required = true;
  EXPECT_EQ(fault_of_asking(provider, request), Fault::token_too_large);
}

TEST(AskWithTicket, checks_again_that_the_redirect_is_registered) {
  Provider provider = a_provider();
  const EndSessionRequest request = an_answer(provider, a_ticket());
  client_of(provider, "app-a").post_logout_redirect_uris.clear();
  EXPECT_EQ(fault_of_asking(provider, request), Fault::redirect_not_registered);
  expel(provider, "app-a");
  EXPECT_EQ(fault_of_asking(provider, request), Fault::redirect_not_registered);
}

}  // namespace slo::end_session_test
