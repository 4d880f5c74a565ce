// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/logout_page.h"

#include <gtest/gtest.h>

#include "core/op/page_script.h"
#include "core/text/form.h"
#include "t/core/op/pages.h"
#include "t/harness/builders.h"

namespace slo::logout_page_test {
namespace {

const std::string expired_cookie =
    "op_session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
const PostLogout to_app_a{.uri = "https://app-a.example.com/out"};
const PostLogout refused{.refused = Refusal{Fault::redirect_not_registered}};

Page shown(const Provider& provider, const Session& ended, std::vector<Told> told,
           const PostLogout& post_logout, const Moment& moment) {
  return logout_page(provider, ended, post_logout, {.told = std::move(told)}, moment);
}
Page shown(const Provider& provider, const Session& ended, const PostLogout& post_logout,
           const Circumstances& circumstances) {
  return logout_page(provider, ended, post_logout, circumstances, a_moment());
}
Page already_out(const Provider& provider, const PostLogout& post_logout,
                 Claim claim = Claim::not_signed_in) {
  return already_out_page(provider, post_logout, claim, false);
}
std::vector<std::string> states_on(const Page& page) { return all_between(page.body, "<li>", "</li>"); }

Session an_ended_session(std::vector<Participant> participants) {
  Session session = a_session();
  session.ended = Seconds{600};
  session.reason = "rp";
  session.participants = std::move(participants);
  return session;
}
Session a_framed_session() { return an_ended_session({a_participant("app-b", {.front = true})}); }
Session a_back_session() { return an_ended_session({a_participant("app-a", {.back = true})}); }

std::vector<std::string> frames_on(const Page& page) {
  return all_between(page.body, "<iframe src=\"", "\"");
}

std::vector<std::string> frames_of(const Provider& provider, const Session& session) {
  return frames_on(shown(provider, session, {}, {}, a_moment()));
}

std::string frame_uri(std::string_view client, std::string_view encoded_sid) {
  return "https://" + std::string(client) +
         ".example.com/frontchannel?iss=https%3A%2F%2Fsso.example.com&amp;sid=" + std::string(encoded_sid);
}

}  // namespace

TEST(LogoutPage, has_one_iframe_for_each_front_channel_participant) {
  Provider provider = a_provider();
  enrol(provider, a_front_client("app-c"));
  const Session session =
      an_ended_session({a_participant("app-a", {.back = true}), a_participant("app-b", {.front = true}),
                        a_participant("app-c", {.back = true, .front = true})});
  const std::vector<std::string> expected{frame_uri("app-b", "sid-1"), frame_uri("app-c", "sid-1")};
  EXPECT_EQ(frames_of(provider, session), expected);
}

TEST(LogoutPage, takes_the_query_out_of_its_address_before_a_frame_can_see_it) {
  const std::string body = logout_page(a_provider(), a_framed_session(), {}, {}, a_moment()).body;
  const std::size_t cleaned = body.find("history.replaceState(null, '', location.pathname)");
  ASSERT_NE(cleaned, std::string::npos);
  EXPECT_LT(cleaned, body.find("<iframe"));
}

TEST(LogoutPage, keeps_the_registered_query_of_an_iframe) {
  Provider provider = a_provider();
  client_of(provider, "app-b").frontchannel_logout_uri = "https://app-b.example.com/out?tenant=a%20b&x";
  const std::vector<std::string> expected{
      "https://app-b.example.com/out?tenant=a%20b&amp;x&amp;iss=https%3A%2F%2Fsso.example.com&amp;sid=sid-1"};
  EXPECT_EQ(frames_of(provider, a_framed_session()), expected);
}

TEST(LogoutPage, sends_each_client_its_own_sid_encoded) {
  const Provider provider = a_provider();
  Session session = a_framed_session();
  session.participants.front().sid = Sid{"a&b=\"<c>/d+e%"};
  EXPECT_EQ(frames_of(provider, session),
            std::vector<std::string>{frame_uri("app-b", "a%26b%3D%22%3Cc%3E%2Fd%2Be%25")});
}

TEST(LogoutPage, sends_iss_and_sid_together_or_not_at_all) {
  Provider provider = a_provider();
  Session session = a_framed_session();
  session.participants.front().no_sid = true;
  EXPECT_EQ(frames_of(provider, session), std::vector<std::string>{});
  client_of(provider, "app-b").frontchannel_logout_session_required = false;
  EXPECT_EQ(frames_of(provider, session), std::vector<std::string>{"https://app-b.example.com/frontchannel"});
}

TEST(LogoutPage, has_no_iframe_for_a_client_that_is_registered_no_more) {
  Provider provider = a_provider();
  expel(provider, "app-b");
  EXPECT_EQ(frames_of(provider, a_framed_session()), std::vector<std::string>{});
}

TEST(LogoutPage, allows_exactly_the_origins_of_its_iframes) {
  Provider provider = a_provider();
  enrol(provider, a_front_client("app-c"));
  client_of(provider, "app-c").frontchannel_logout_uri = "http://app-c.example.com:8080/a/b?c";
  const Session session =
      an_ended_session({a_participant("app-c", {.front = true}), a_participant("app-b", {.front = true})});
  const Page page = shown(provider, session, {}, {}, a_moment());
  const std::string policy = header_of(page, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-")) << policy;
  EXPECT_TRUE(policy.ends_with("; script-src 'nonce-" + nonce(a_moment(), 1) +
                               "'; frame-src http://app-c.example.com:8080 https://app-b.example.com; "
                               "base-uri 'none'; frame-ancestors 'none'"))
      << policy;
  EXPECT_TRUE(holds(page, "<script nonce=\"" + nonce(a_moment(), 1) + "\">"));
}

TEST(LogoutPage, lets_no_host_name_widen_its_policy) {
  Provider provider = a_provider();
  client_of(provider, "app-b").frontchannel_logout_uri = "https://a;sandbox/x";
  EXPECT_EQ(frames_of(provider, a_framed_session()), std::vector<std::string>{});
}

TEST(LogoutPage, is_a_200_that_nobody_stores_or_frames) {
  const Page page = shown(a_provider(), a_framed_session(), {}, to_app_a, a_moment());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(header_of(page, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header_of(page, "Location"), "");
}

TEST(LogoutPage, moves_on_by_script_by_refresh_and_by_link) {
  const PostLogout post_logout{.uri = "https://app-a.example.com/out", .state = "a\"&<b"};
  const Page page = shown(a_provider(), a_framed_session(), {}, post_logout, a_moment());
  const std::string target = "https://app-a.example.com/out?state=a%22%26%3Cb";
  EXPECT_TRUE(
      holds(page, "<noscript><meta http-equiv=\"refresh\" content=\"1;url=" + target + "\"></noscript>"));
  EXPECT_TRUE(holds(page, "<a class=\"button\" id=\"onward\" href=\"" + target + "\">"));
  EXPECT_TRUE(holds(page, "data-timeout=\"5000\" data-total=\"8000\""));
  EXPECT_TRUE(holds(page, page_script));
}

TEST(LogoutPage, moves_on_to_the_operators_uri_when_the_client_names_none) {
  Provider provider = a_provider();
  provider.post_logout_uri = "https://www.example.com/bye";
  const Page page = shown(provider, a_framed_session(), {}, {}, a_moment());
  EXPECT_TRUE(holds(page, "id=\"onward\" href=\"https://www.example.com/bye\""));
}

TEST(LogoutPage, stays_when_there_is_nowhere_to_go) {
  const Page page = shown(a_provider(), a_framed_session(), {}, {}, a_moment());
  EXPECT_FALSE(holds(page, "id=\"onward\""));
  EXPECT_FALSE(holds(page, "http-equiv"));
}

TEST(LogoutPage, tells_how_far_each_application_is_and_no_more_than_it_knows) {
  Provider provider = a_provider();
  for (const auto* id : {"app-c", "app-d", "app-e"}) enrol(provider, a_back_client(id));
  client_of(provider, "app-c").name = "Mail & <Calendar>";
  const Session session =
      an_ended_session({a_participant("app-a"), a_participant("app-b", {.front = true}),
                        a_participant("app-c"), a_participant("app-d"), a_participant("app-e", {})});
  const std::vector<Told> told{{ClientId{"app-a"}, Told::State::delivered},
                               {ClientId{"app-c"}, Told::State::failed},
                               {ClientId{"app-d"}, Told::State::pending}};
  const Page page = shown(provider, session, told, {}, a_moment());
  const std::vector<std::string> expected{
      "<span>app-a</span><span class=\"state good\" id=\"a0\">signed out</span>",
      "<span>app-b</span><span class=\"state\" id=\"a1\">contacting …</span>",
      "<span>Mail &amp; &lt;Calendar&gt;</span><span class=\"state bad\" id=\"a2\">not reached yet</span>",
      "<span>app-d</span><span class=\"state\" id=\"a3\">is being told</span>",
      "<span>app-e</span><span class=\"state bad\" id=\"a4\">cannot be told</span>"};
  EXPECT_EQ(all_between(page.body, "<li>", "</li>"), expected);
}

TEST(LogoutPage, lets_no_iframe_overrule_what_a_server_has_confirmed) {
  Provider provider = a_provider();
  const Session session = an_ended_session({a_participant("app-b", {.back = true, .front = true})});
  const auto state_of_frame = [&](Told::State state) {
    const Page page = shown(provider, session, {{ClientId{"app-b"}, state}}, {}, a_moment());
    return all_between(page.body, "data-state=\"", "\"");
  };
  EXPECT_EQ(state_of_frame(Told::State::delivered), std::vector<std::string>{});
  EXPECT_EQ(state_of_frame(Told::State::pending), std::vector<std::string>{"a0"});
}

TEST(LogoutPage, shows_the_sid_in_iframes_alone_and_the_subject_nowhere) {
  Session session = a_framed_session();
  session.key = SessionKey{"very-secret-sid"};
  session.sub = Subject{"alice-in-person"};
  const Page page = shown(a_provider(), session, {}, to_app_a, a_moment());
  EXPECT_EQ(all_between(page.body, "very-secret-", "sid").size(), 1U);
  EXPECT_EQ(frames_on(page), std::vector<std::string>{frame_uri("app-b", "very-secret-sid")});
  EXPECT_FALSE(holds(page, "alice-in-person"));
}

TEST(LogoutPage, redirects_at_once_when_nobody_needs_an_iframe) {
  const PostLogout post_logout{.uri = "https://app-a.example.com/out?x=1", .state = "s"};
  const Page expected{.status = 303,
                      .headers = {{"Cache-Control", "no-store"},
                                  {"Referrer-Policy", "no-referrer"},
                                  {"Location", "https://app-a.example.com/out?x=1&state=s"},
                                  {"Set-Cookie", expired_cookie}}};
  EXPECT_EQ(shown(a_provider(), a_back_session(), {}, post_logout, a_moment()), expected);
}

TEST(LogoutPage, redirects_to_the_operators_uri_or_says_that_it_is_over) {
  Provider provider = a_provider();
  const Page over = shown(provider, a_back_session(), {}, {}, a_moment());
  EXPECT_EQ(over.status, 200);
  EXPECT_TRUE(holds(over, "<h1>You are signed out</h1>"));
  provider.post_logout_uri = "https://www.example.com/bye";
  EXPECT_EQ(header_of(shown(provider, a_back_session(), {}, {}, a_moment()), "Location"),
            "https://www.example.com/bye");
}

TEST(LogoutPage, names_applications_unless_it_redirects) {
  Provider provider = a_provider();
  EXPECT_TRUE(names_applications(provider, {}, false));
  EXPECT_FALSE(names_applications(provider, to_app_a, false));
  EXPECT_TRUE(names_applications(provider, refused, false));
  provider.post_logout_uri = "https://www.example.com/bye";
  EXPECT_FALSE(names_applications(provider, {}, false));
  EXPECT_TRUE(names_applications(provider, refused, false)) << "the operator's URI is a link then";
  provider.already_out = AlreadyOut::page;
  EXPECT_FALSE(names_applications(provider, to_app_a, false));
  EXPECT_TRUE(names_applications(provider, to_app_a, true));
  provider.already_out = AlreadyOut::redirect;
  provider.show_untold = ShowUntold::any;
  EXPECT_TRUE(names_applications(provider, to_app_a, false));
}

TEST(LogoutPage, shows_who_refused_or_was_given_up_instead_of_redirecting) {
  Provider provider = a_provider();
  const auto status = [&](Told::State state) {
    return shown(provider, a_back_session(), {{ClientId{"app-a"}, state}}, to_app_a, a_moment()).status;
  };
  EXPECT_EQ(status(Told::State::delivered), 303);
  EXPECT_EQ(status(Told::State::pending), 303);
  EXPECT_EQ(status(Told::State::failed), 303) << "it is tried again";
  EXPECT_EQ(status(Told::State::refused), 200);
  EXPECT_EQ(status(Told::State::given_up), 200);
  const Page page =
      shown(provider, a_back_session(), {{ClientId{"app-a"}, Told::State::refused}}, to_app_a, a_moment());
  EXPECT_EQ(states_on(page),
            std::vector<std::string>{"<span>app-a</span><span class=\"state bad\" id=\"a0\">refused</span>"});
  EXPECT_TRUE(holds(page, "Not every application could be told. Sign out there yourself"));
  EXPECT_TRUE(holds(page, "href=\"https://app-a.example.com/out\">Continue"));
  EXPECT_EQ(header_of(page, "Set-Cookie"), expired_cookie);
  provider.show_untold = ShowUntold::never;
  EXPECT_EQ(status(Told::State::refused), 303);
}

TEST(LogoutPage, shows_who_cannot_be_told_instead_of_redirecting_where_the_operator_wants_so) {
  Provider provider = a_provider();
  const Session session = an_ended_session({a_participant("app-a", {})});
  EXPECT_EQ(shown(provider, session, {}, to_app_a, a_moment()).status, 303);
  provider.show_untold = ShowUntold::any;
  EXPECT_TRUE(holds(shown(provider, session, {}, to_app_a, a_moment()), "cannot be told"));
}

TEST(LogoutPage, names_what_stands_behind_nginx_as_it_is_configured) {
  Provider provider = a_provider();
  const ClientId id = application_id("wiki.example/logout");
  provider.applications = {{.name = "wiki.example/logout", .id = id, .target = "/logout"}};
  const Page page = shown(provider, an_ended_session({a_participant(id.value, {.legacy = true})}),
                          {{id, Told::State::refused}}, to_app_a, a_moment());
  EXPECT_EQ(states_on(page),
            std::vector<std::string>{
                "<span>wiki.example/logout</span><span class=\"state bad\" id=\"a0\">refused</span>"});
}

// Of many clients a redirect does not wait to know all; who refused is known all the same.
TEST(LogoutPage, names_who_refused_even_where_the_participants_are_not_known) {
  const Page page = shown(a_provider(), an_ended_session({}), {{ClientId{"app-a"}, Told::State::refused}},
                          to_app_a, a_moment());
  EXPECT_EQ(states_on(page).size(), 1U);
}

TEST(LogoutPage, says_that_it_lacks_applications_and_claims_nothing_of_all_of_them) {
  constexpr std::string_view lack = "Not all of your applications could be found";
  const Circumstances circumstances{.told = {{ClientId{"app-a"}, Told::State::delivered}},
                                    .lacks_applications = true};
  const auto page = [&](const Provider& provider, const Session& session) {
    return logout_page(provider, session, to_app_a, circumstances, a_moment());
  };
  Provider provider = a_provider();
  const Page plain = page(provider, a_back_session());
  EXPECT_EQ(plain.status, 200) << "it is to be read";
  EXPECT_TRUE(holds(plain, lack));
  EXPECT_TRUE(holds(plain, "href=\"https://app-a.example.com/out\">Continue"));
  const Page framed = page(provider, a_framed_session());
  EXPECT_TRUE(holds(framed, lack));
  EXPECT_FALSE(holds(framed, "have been told"));
  EXPECT_FALSE(holds(framed, "have been asked"));
  EXPECT_FALSE(holds(framed, "id=\"onward\""));
  provider.show_untold = ShowUntold::never;
  EXPECT_EQ(page(provider, a_back_session()).status, 303);
}

TEST(LogoutPage, does_not_move_on_by_itself_past_an_application_that_refused) {
  const Session session = an_ended_session({a_participant("app-a"), a_participant("app-b", {.front = true})});
  const Page page =
      shown(a_provider(), session, {{ClientId{"app-a"}, Told::State::refused}}, to_app_a, a_moment());
  EXPECT_EQ(frames_on(page).size(), 1U);
  EXPECT_FALSE(holds(page, "id=\"onward\""));
  EXPECT_FALSE(holds(page, "http-equiv"));
  EXPECT_TRUE(holds(page, "href=\"https://app-a.example.com/out\">Continue"));
}

TEST(LogoutPage, says_that_all_is_well_beside_no_application_that_was_not_told) {
  const auto page = [](Told::State state) {
    return shown(a_provider(), a_back_session(), {{ClientId{"app-a"}, state}}, {}, a_moment());
  };
  EXPECT_TRUE(holds(page(Told::State::delivered), "You can close this window."));
  EXPECT_FALSE(holds(page(Told::State::pending), "You can close this window."));
  EXPECT_TRUE(holds(page(Told::State::pending), "still being told, which goes on without you"));
  for (const auto state : {Told::State::failed, Told::State::refused, Told::State::given_up}) {
    EXPECT_FALSE(holds(page(state), "You can close this window."));
    EXPECT_TRUE(holds(page(state), "Sign out there yourself"));
  }
}

TEST(LogoutPage, claims_of_one_application_no_more_than_of_one) {
  const Page page = shown(a_provider(), a_framed_session(), {}, {.one_client = true});
  EXPECT_TRUE(holds(page, "data-told=\"The application has been told.\""));
  EXPECT_TRUE(holds(page, ">The application is being told …<"));
  EXPECT_FALSE(holds(page, "our applications have been"));
}

TEST(LogoutPage, never_calls_an_iframe_that_loaded_signed_out) {
  EXPECT_EQ(page_script.find("good'"), page_script.find("contains('good')") + 10) << "no frame turns green";
  EXPECT_NE(page_script.find("'request sent', 'sent'"), std::string_view::npos);
}

TEST(LogoutPage, shows_a_repeat_instead_of_redirecting_where_the_operator_wants_so) {
  Provider provider = a_provider();
  EXPECT_EQ(shown(provider, a_back_session(), to_app_a, {.already = true}).status, 303);
  provider.already_out = AlreadyOut::page;
  EXPECT_EQ(shown(provider, a_back_session(), to_app_a, {.already = true}).status, 200);
  EXPECT_EQ(shown(provider, a_back_session(), to_app_a, {.already = false}).status, 303);
}

TEST(LogoutPage, says_that_another_session_of_this_browser_lives_and_leaves_it_its_cookie) {
  const Page page = shown(a_provider(), a_back_session(), {},
                          {.told = {{ClientId{"app-a"}, Told::State::delivered}},
                           .claim = Claim::another_lives,
                           .self = "/sso/logout"});
  EXPECT_TRUE(holds(page, "<h1>One sign-in has ended</h1>"));
  EXPECT_TRUE(holds(page, "another sign-in that is still open"));
  EXPECT_TRUE(holds(page, "href=\"./logout\">Sign out"));
  EXPECT_EQ(header_of(page, "Set-Cookie"), "");
}

TEST(LogoutPage, lets_an_iframe_lead_to_where_its_client_registered) {
  Provider provider = a_provider();
  client_of(provider, "app-b").frontchannel_logout_frame_origins = {"https://login.example.com"};
  const std::string policy =
      header_of(shown(provider, a_framed_session(), {}, {}, a_moment()), "Content-Security-Policy");
  EXPECT_NE(policy.find("frame-src https://app-b.example.com https://login.example.com; "), std::string::npos)
      << policy;
}

TEST(LogoutPage, expires_the_session_cookies_in_every_case) {
  Provider provider = a_provider();
  for (const Session& session : {a_framed_session(), a_back_session()}) {
    for (const PostLogout& post_logout : {PostLogout{}, to_app_a, refused}) {
      EXPECT_EQ(header_of(shown(provider, session, {}, post_logout, a_moment()), "Set-Cookie"),
                expired_cookie);
    }
  }
  provider.session_cookies.push_back({.name = "old_session", .path = "/sso"});
  std::vector<std::string> expired;
  for (const auto& header : shown(provider, a_back_session(), {}, {}, a_moment()).headers) {
    if (header.name == "Set-Cookie") expired.push_back(header.value.substr(0, header.value.find("; Http")));
  }
  EXPECT_EQ(expired, (std::vector<std::string>{"op_session=; Path=/", "old_session=; Path=/sso"}));
  provider.session_cookies.clear();
  EXPECT_EQ(header_of(shown(provider, a_back_session(), {}, {}, a_moment()), "Set-Cookie"), "");
}

TEST(LogoutPage, says_400_and_goes_nowhere_after_a_refused_redirect) {
  Provider provider = a_provider();
  provider.post_logout_uri = "https://www.example.com/bye";
  for (const Session& session : {a_framed_session(), a_back_session()}) {
    const Page page = shown(provider, session, {}, refused, a_moment());
    EXPECT_EQ(page.status, 400);
    EXPECT_EQ(header_of(page, "Location"), "");
    EXPECT_TRUE(holds(page, "Code: post_logout_uri_not_associated_with_client"));
    EXPECT_FALSE(holds(page, "id=\"onward\""));
    EXPECT_FALSE(holds(page, "http-equiv"));
  }
  EXPECT_EQ(frames_on(shown(provider, a_framed_session(), {}, refused, a_moment())).size(), 1U);
}

TEST(AlreadyOutPage, redirects_like_the_first_time_or_shows_a_link) {
  Provider provider = a_provider();
  const Page redirect = already_out(provider, to_app_a);
  EXPECT_EQ(redirect.status, 303);
  EXPECT_EQ(header_of(redirect, "Location"), "https://app-a.example.com/out");

  provider.already_out = AlreadyOut::page;
  const Page page = already_out(provider, to_app_a);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "href=\"https://app-a.example.com/out\""));
  EXPECT_EQ(header_of(page, "Location"), "");
}

TEST(AlreadyOutPage, claims_what_is_known) {
  struct Row {
    Claim claim;
    std::string_view heading;
  };
  for (const auto& [claim, heading] : {Row{Claim::not_signed_in, "You are not signed in here"},
                                       Row{Claim::unknown, "It is not known whether you are signed in"},
                                       Row{Claim::forgotten, "The sign-in was removed"}}) {
    const Page page = already_out(a_provider(), {}, claim);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(all_between(page.body, "<h1>", "</h1>"), std::vector<std::string>{std::string(heading)});
    EXPECT_FALSE(holds(page, "ou are signed out"));
    EXPECT_EQ(header_of(page, "Set-Cookie"), "");
    EXPECT_EQ(header_of(already_out_page(a_provider(), {}, claim, true), "Set-Cookie"), expired_cookie);
  }
  EXPECT_EQ(already_out(a_provider(), refused).status, 400);
}

TEST(OneClientPage, leaves_the_session_its_cookie) {
  const Provider provider = a_provider();
  EXPECT_EQ(header_of(one_client_page(provider, to_app_a), "Location"), "https://app-a.example.com/out");
  for (const Page& page : {one_client_page(provider, {}), one_client_page(provider, to_app_a),
                           shown(provider, a_framed_session(), to_app_a, {.one_client = true})}) {
    EXPECT_EQ(header_of(page, "Set-Cookie"), "");
  }
  EXPECT_TRUE(holds(one_client_page(provider, {}), "still signed in to your other applications"));
}

TEST(OneClientPage, tells_its_client_by_iframe_where_that_is_its_channel) {
  const Page page = shown(a_provider(), a_framed_session(), to_app_a, {.one_client = true});
  EXPECT_EQ(frames_on(page), std::vector<std::string>{frame_uri("app-b", "sid-1")});
  EXPECT_TRUE(holds(page, "id=\"onward\""));
}

// The conformance suite's own: 50 letters, 10 digits, 30 random punctuation characters.
TEST(OnwardLocation, carries_the_state_byte_for_byte_and_once) {
  std::string state;
  for (int byte = 1; byte < 256; ++byte) state.push_back(static_cast<char>(byte));
  const std::string location =
      post_logout_location({.uri = "https://app-a.example.com/out?a=b", .state = state});
  const std::string prefix = "https://app-a.example.com/out?a=b&state=";
  ASSERT_TRUE(location.starts_with(prefix));
  EXPECT_EQ(decode_component(location.substr(prefix.size())), state);
  EXPECT_EQ(location.find_first_of("\"<>\r\n #"), std::string::npos);
}

TEST(OnwardLocation, has_no_state_where_none_was_sent) {
  EXPECT_EQ(post_logout_location(to_app_a), "https://app-a.example.com/out");
  EXPECT_EQ(post_logout_location({.uri = "com.example.app:/out", .state = "s"}),
            "com.example.app:/out?state=s");
  EXPECT_EQ(post_logout_location({}), "");
  EXPECT_EQ(post_logout_location({.uri = "https://app-a.example.com/out", .refused = refused.refused}), "");
}

}  // namespace slo::logout_page_test
