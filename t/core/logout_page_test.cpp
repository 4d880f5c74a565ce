// SPDX-License-Identifier: BSD-2-Clause
#include "core/logout_page.h"

#include <gtest/gtest.h>

#include "core/page_script.h"
#include "core/text/form.h"
#include "t/core/pages.h"
#include "t/harness/builders.h"

namespace slo::logout_page_test {
namespace {

const std::string expired_cookie =
    "op_session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
const Onward to_app_a{.uri = "https://app-a.example.com/out"};
const Onward refused{.refused = Refusal{Fault::redirect_not_registered}};

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
  return frames_on(logout_page(provider, session, {}, {}, a_moment()));
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
  provider.clients.at(ClientId{"app-b"}).frontchannel_logout_uri =
      "https://app-b.example.com/out?tenant=a%20b&x";
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
  provider.clients.at(ClientId{"app-b"}).frontchannel_logout_session_required = false;
  EXPECT_EQ(frames_of(provider, session), std::vector<std::string>{"https://app-b.example.com/frontchannel"});
}

TEST(LogoutPage, has_no_iframe_for_a_client_that_is_registered_no_more) {
  Provider provider = a_provider();
  provider.clients.erase(ClientId{"app-b"});
  EXPECT_EQ(frames_of(provider, a_framed_session()), std::vector<std::string>{});
}

TEST(LogoutPage, allows_exactly_the_origins_of_its_iframes) {
  Provider provider = a_provider();
  enrol(provider, a_front_client("app-c"));
  provider.clients.at(ClientId{"app-c"}).frontchannel_logout_uri = "http://app-c.example.com:8080/a/b?c";
  const Session session =
      an_ended_session({a_participant("app-c", {.front = true}), a_participant("app-b", {.front = true})});
  const Page page = logout_page(provider, session, {}, {}, a_moment());
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
  provider.clients.at(ClientId{"app-b"}).frontchannel_logout_uri = "https://a;sandbox/x";
  EXPECT_EQ(frames_of(provider, a_framed_session()), std::vector<std::string>{});
}

TEST(LogoutPage, is_a_200_that_nobody_stores_or_frames) {
  const Page page = logout_page(a_provider(), a_framed_session(), {}, to_app_a, a_moment());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(header_of(page, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header_of(page, "Location"), "");
}

TEST(LogoutPage, moves_on_by_script_by_refresh_and_by_link) {
  const Onward onward{.uri = "https://app-a.example.com/out", .state = "a\"&<b"};
  const Page page = logout_page(a_provider(), a_framed_session(), {}, onward, a_moment());
  const std::string target = "https://app-a.example.com/out?state=a%22%26%3Cb";
  EXPECT_TRUE(
      holds(page, "<noscript><meta http-equiv=\"refresh\" content=\"8;url=" + target + "\"></noscript>"));
  EXPECT_TRUE(holds(page, "<a class=\"button\" id=\"onward\" href=\"" + target + "\">"));
  EXPECT_TRUE(holds(page, "data-timeout=\"5000\" data-total=\"8000\""));
  EXPECT_TRUE(holds(page, page_script));
}

TEST(LogoutPage, moves_on_to_the_operators_uri_when_the_client_names_none) {
  Provider provider = a_provider();
  provider.post_logout_uri = "https://www.example.com/bye";
  const Page page = logout_page(provider, a_framed_session(), {}, {}, a_moment());
  EXPECT_TRUE(holds(page, "id=\"onward\" href=\"https://www.example.com/bye\""));
}

TEST(LogoutPage, stays_when_there_is_nowhere_to_go) {
  const Page page = logout_page(a_provider(), a_framed_session(), {}, {}, a_moment());
  EXPECT_FALSE(holds(page, "id=\"onward\""));
  EXPECT_FALSE(holds(page, "http-equiv"));
}

TEST(LogoutPage, tells_how_far_each_application_is_and_no_more_than_it_knows) {
  Provider provider = a_provider();
  for (const auto* id : {"app-c", "app-d", "app-e"}) enrol(provider, a_back_client(id));
  provider.clients.at(ClientId{"app-c"}).name = "Mail & <Calendar>";
  const Session session =
      an_ended_session({a_participant("app-a"), a_participant("app-b", {.front = true}),
                        a_participant("app-c"), a_participant("app-d"), a_participant("app-e", {})});
  const std::vector<Told> told{{ClientId{"app-a"}, Told::State::delivered},
                               {ClientId{"app-c"}, Told::State::failed},
                               {ClientId{"app-d"}, Told::State::pending}};
  const Page page = logout_page(provider, session, told, {}, a_moment());
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
    const Page page = logout_page(provider, session, {{ClientId{"app-b"}, state}}, {}, a_moment());
    return all_between(page.body, "data-state=\"", "\"");
  };
  EXPECT_EQ(state_of_frame(Told::State::delivered), std::vector<std::string>{});
  EXPECT_EQ(state_of_frame(Told::State::pending), std::vector<std::string>{"a0"});
}

TEST(LogoutPage, shows_the_sid_in_iframes_alone_and_the_subject_nowhere) {
  Session session = a_framed_session();
  session.key = SessionKey{"very-secret-sid"};
  session.sub = Subject{"alice-in-person"};
  const Page page = logout_page(a_provider(), session, {}, to_app_a, a_moment());
  EXPECT_EQ(all_between(page.body, "very-secret-", "sid").size(), 1U);
  EXPECT_EQ(frames_on(page), std::vector<std::string>{frame_uri("app-b", "very-secret-sid")});
  EXPECT_FALSE(holds(page, "alice-in-person"));
}

TEST(LogoutPage, redirects_at_once_when_nobody_needs_an_iframe) {
  const Onward onward{.uri = "https://app-a.example.com/out?x=1", .state = "s"};
  const Page expected{.status = 303,
                      .headers = {{"Cache-Control", "no-store"},
                                  {"Referrer-Policy", "no-referrer"},
                                  {"Location", "https://app-a.example.com/out?x=1&state=s"},
                                  {"Set-Cookie", expired_cookie}}};
  EXPECT_EQ(logout_page(a_provider(), a_back_session(), {}, onward, a_moment()), expected);
}

TEST(LogoutPage, redirects_to_the_operators_uri_or_says_that_it_is_over) {
  Provider provider = a_provider();
  const Page over = logout_page(provider, a_back_session(), {}, {}, a_moment());
  EXPECT_EQ(over.status, 200);
  EXPECT_TRUE(holds(over, "<h1>You are signed out</h1>"));
  provider.post_logout_uri = "https://www.example.com/bye";
  EXPECT_EQ(header_of(logout_page(provider, a_back_session(), {}, {}, a_moment()), "Location"),
            "https://www.example.com/bye");
}

TEST(LogoutPage, names_applications_unless_it_redirects) {
  Provider provider = a_provider();
  EXPECT_TRUE(names_applications(provider, {}));
  EXPECT_FALSE(names_applications(provider, to_app_a));
  EXPECT_TRUE(names_applications(provider, refused));
  provider.post_logout_uri = "https://www.example.com/bye";
  EXPECT_FALSE(names_applications(provider, {}));
  EXPECT_TRUE(names_applications(provider, refused)) << "the operator's URI is a link then";
}

TEST(LogoutPage, expires_the_session_cookie_in_every_case) {
  Provider provider = a_provider();
  for (const Session& session : {a_framed_session(), a_back_session()}) {
    for (const Onward& onward : {Onward{}, to_app_a, refused}) {
      EXPECT_EQ(header_of(logout_page(provider, session, {}, onward, a_moment()), "Set-Cookie"),
                expired_cookie);
    }
  }
  EXPECT_EQ(header_of(already_out_page(provider, {}), "Set-Cookie"), expired_cookie);
  EXPECT_EQ(header_of(already_out_page(provider, to_app_a), "Set-Cookie"), expired_cookie);
  provider.session_cookie.reset();
  EXPECT_EQ(header_of(logout_page(provider, a_back_session(), {}, {}, a_moment()), "Set-Cookie"), "");
}

TEST(LogoutPage, says_400_and_goes_nowhere_after_a_refused_redirect) {
  Provider provider = a_provider();
  provider.post_logout_uri = "https://www.example.com/bye";
  for (const Session& session : {a_framed_session(), a_back_session()}) {
    const Page page = logout_page(provider, session, {}, refused, a_moment());
    EXPECT_EQ(page.status, 400);
    EXPECT_EQ(header_of(page, "Location"), "");
    EXPECT_TRUE(holds(page, "Code: post_logout_uri_not_associated_with_client"));
    EXPECT_FALSE(holds(page, "id=\"onward\""));
    EXPECT_FALSE(holds(page, "http-equiv"));
  }
  EXPECT_EQ(frames_on(logout_page(provider, a_framed_session(), {}, refused, a_moment())).size(), 1U);
}

TEST(AlreadyOutPage, redirects_like_the_first_time_or_shows_a_link) {
  Provider provider = a_provider();
  const Page redirect = already_out_page(provider, to_app_a);
  EXPECT_EQ(redirect.status, 303);
  EXPECT_EQ(header_of(redirect, "Location"), "https://app-a.example.com/out");

  provider.already_out = AlreadyOut::page;
  const Page page = already_out_page(provider, to_app_a);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "href=\"https://app-a.example.com/out\""));
  EXPECT_EQ(header_of(page, "Location"), "");
}

TEST(AlreadyOutPage, is_friendly_when_there_is_nowhere_to_go) {
  const Page page = already_out_page(a_provider(), {});
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "<h1>You are signed out</h1>"));
  EXPECT_EQ(already_out_page(a_provider(), refused).status, 400);
}

TEST(OneClientPage, leaves_the_session_its_cookie) {
  const Provider provider = a_provider();
  EXPECT_EQ(header_of(one_client_page(provider, to_app_a), "Location"), "https://app-a.example.com/out");
  for (const Page& page : {one_client_page(provider, {}), one_client_page(provider, to_app_a),
                           one_client_page(provider, a_framed_session(), {}, to_app_a, a_moment())}) {
    EXPECT_EQ(header_of(page, "Set-Cookie"), "");
  }
  EXPECT_TRUE(holds(one_client_page(provider, {}), "still signed in to your other applications"));
}

TEST(OneClientPage, tells_its_client_by_iframe_where_that_is_its_channel) {
  const Page page = one_client_page(a_provider(), a_framed_session(), {}, to_app_a, a_moment());
  EXPECT_EQ(frames_on(page), std::vector<std::string>{frame_uri("app-b", "sid-1")});
  EXPECT_TRUE(holds(page, "id=\"onward\""));
}

// The conformance suite's own: 50 letters, 10 digits, 30 random punctuation characters.
TEST(OnwardLocation, carries_the_state_byte_for_byte_and_once) {
  std::string state;
  for (int byte = 1; byte < 256; ++byte) state.push_back(static_cast<char>(byte));
  const std::string location = onward_location({.uri = "https://app-a.example.com/out?a=b", .state = state});
  const std::string prefix = "https://app-a.example.com/out?a=b&state=";
  ASSERT_TRUE(location.starts_with(prefix));
  EXPECT_EQ(decode_component(location.substr(prefix.size())), state);
  EXPECT_EQ(location.find_first_of("\"<>\r\n #"), std::string::npos);
}

TEST(OnwardLocation, has_no_state_where_none_was_sent) {
  EXPECT_EQ(onward_location(to_app_a), "https://app-a.example.com/out");
  EXPECT_EQ(onward_location({.uri = "com.example.app:/out", .state = "s"}), "com.example.app:/out?state=s");
  EXPECT_EQ(onward_location({}), "");
  EXPECT_EQ(onward_location({.uri = "https://app-a.example.com/out", .refused = refused.refused}), "");
}

}  // namespace slo::logout_page_test
