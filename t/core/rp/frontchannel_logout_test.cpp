// SPDX-License-Identifier: BSD-2-Clause
// A front-channel request ends the one session that it names, and its answer shows in the OP's frame alone.
#include "core/rp/frontchannel_logout.h"

#include <gtest/gtest.h>

#include "core/pages/logout_frame.h"
#include "core/text/uri.h"
#include "t/core/rp/logout_tokens.h"
#include "t/harness/builders.h"

namespace slo::frontchannel_logout_test {
namespace {

constexpr std::string_view iss = "https://sso.example.com";

FrontchannelLogout a_request(std::string_view issuer = iss, std::string_view sid = "sid-1") {
  return {.issuer = std::string(issuer), .sid = Sid{std::string(sid)}};
}

Refusal refusal_of(const Provider& provider, const FrontchannelLogout& logout) {
  const auto mark = check_frontchannel_logout(provider, logout, a_moment());
  return mark ? Refusal{Fault::internal, "accepted"} : mark.error();
}

std::vector<Header> headers_for(std::string_view ancestor) {
  return {{"Cache-Control", "no-store"},
          {"Content-Security-Policy", "default-src 'none'; frame-ancestors " + std::string(ancestor)},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

TEST(FrontchannelLogout, is_iss_and_sid_of_the_query) {
  EXPECT_EQ(read_frontchannel_logout("iss=https%3A%2F%2Fsso.example.com&sid=sid-1"), a_request());
  EXPECT_EQ(read_frontchannel_logout("x=1&x=2&sid=a+b%2Fc&iss=https://sso.example.com"),
            a_request(iss, "a b/c"));
}

TEST(FrontchannelLogout, lacks_what_the_query_lacks) {
  EXPECT_EQ(read_frontchannel_logout(""), FrontchannelLogout{});
  EXPECT_EQ(read_frontchannel_logout("sid=sid-1"), a_request("", "sid-1"));
  EXPECT_EQ(read_frontchannel_logout("iss=https://sso.example.com&sid="), a_request(iss, ""));
}

TEST(FrontchannelLogout, is_refused_with_a_parameter_twice_or_broken) {
  const auto fault_of = [](std::string_view query) { return read_frontchannel_logout(query).error().fault; };
  EXPECT_EQ(fault_of("iss=a&iss=a&sid=b"), Fault::parameter_repeated);
  EXPECT_EQ(fault_of("iss=a&sid=b&sid=c"), Fault::parameter_repeated);
  EXPECT_EQ(fault_of("iss=a&sid=%zz"), Fault::form_malformed);
  EXPECT_EQ(fault_of("iss=a&sid=a%00b"), Fault::form_malformed);
}

TEST(FrontchannelLogout, ends_the_session_that_it_names) {
  EXPECT_EQ(granted(check_frontchannel_logout(a_relying_provider(), a_request(), a_moment())),
            (Mark{.of = Mark::Of::sid, .value = "sid-1", .at = a_moment().seconds(), .is_proven = false}));
}

TEST(FrontchannelLogout, ends_nothing_without_iss_and_sid) {
  const Provider provider = a_relying_provider();
  EXPECT_EQ(refusal_of(provider, {}), (Refusal{Fault::form_malformed, "no iss"}));
  EXPECT_EQ(refusal_of(provider, a_request("")), (Refusal{Fault::form_malformed, "no iss"}));
  EXPECT_EQ(refusal_of(provider, a_request(iss, "")), (Refusal{Fault::form_malformed, "no sid"}));
}

TEST(FrontchannelLogout, ends_nothing_for_another_issuer) {
  const Provider provider = a_relying_provider();
  for (const std::string_view other : {"https://sso.example.com/", "https://SSO.example.com",
                                       "https://sso.example.org", "http://sso.example.com"}) {
    EXPECT_EQ(refusal_of(provider, a_request(other)), Refusal{Fault::frontchannel_issuer_foreign}) << other;
  }
}

TEST(FrontchannelLogout, ends_nothing_for_what_can_be_no_sid) {
  EXPECT_EQ(refusal_of(a_relying_provider(), a_request(iss, "a\nb")),
            (Refusal{Fault::form_malformed, "sid cannot be one"}));
  EXPECT_EQ(refusal_of(a_relying_provider(), a_request(iss, std::string(256, 's'))),
            (Refusal{Fault::form_malformed, "sid cannot be one"}));
}

// It is made of what others may know, so that knowing it proves nothing.
TEST(FrontchannelLogout, ends_nothing_by_a_key_that_we_minted) {
  const SessionKey minted = mint_key(CookieDigest{std::string(16, 'd')});
  EXPECT_EQ(refusal_of(a_relying_provider(), a_request(iss, minted.value)),
            (Refusal{Fault::form_malformed, "sid cannot be one"}));
}

// Microsoft Entra ID sends `?sid=` alone.
TEST(FrontchannelLogout, may_have_a_sid_alone_where_the_operator_says_so) {
  Provider provider = a_relying_provider();
  provider.frontchannel_iss_optional = true;
  const auto entra = granted(read_frontchannel_logout("sid=007e3899-e104-731f-b675-0617c1f2dd72"));
  EXPECT_EQ(
      granted(check_frontchannel_logout(provider, entra, a_moment())),
      (Mark{
          .value = "007e3899-e104-731f-b675-0617c1f2dd72", .at = a_moment().seconds(), .is_proven = false}));
  EXPECT_EQ(refusal_of(provider, a_request("https://sso.example.org")),
            Refusal{Fault::frontchannel_issuer_foreign});
  EXPECT_EQ(refusal_of(provider, a_request("", "")), (Refusal{Fault::form_malformed, "no sid"}));
}

TEST(FrontchannelPage, is_empty_and_shows_in_frames_of_the_issuers_origin_alone) {
  EXPECT_EQ(frontchannel_received_page(a_relying_provider()),
            (Page{.status = 200,
                  .content_type = "text/html; charset=utf-8",
                  .headers = headers_for("https://sso.example.com"),
                  .body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<title>Signed out</title>\n</head>\n<body></body>\n</html>\n"}));
  Provider provider = a_relying_provider();
  provider.issuer = Issuer{"https://login.microsoftonline.com/0f1e/v2.0"};
  EXPECT_EQ(frontchannel_received_page(provider).headers, headers_for("https://login.microsoftonline.com"));
  provider.issuer = Issuer{"https://sso.example.com:8443/realms/corp"};
  EXPECT_EQ(frontchannel_received_page(provider).headers, headers_for("https://sso.example.com:8443"));
}

TEST(FrontchannelPage, hands_the_logout_on_to_our_own_clients_frames_and_allows_no_others) {
  Provider provider = a_provider();
  provider.issuer = Issuer{"https://sso.example.com"};
  Session session = a_session();
  session.participants = {a_participant("app-a", {.back = true}), a_participant("app-b", {.front = true}),
                          a_participant("gone", {.front = true})};
  const Page page = frontchannel_received_page(provider, session);
  const std::string uri = find_logout_frames(provider, session).front().uri;
  const auto origin = granted(read_uri(uri)).origin();
  EXPECT_EQ(page.headers[1], (Header{"Content-Security-Policy", "default-src 'none'; frame-src " + origin +
                                                                    "; frame-ancestors "
                                                                    "https://sso.example.com"}));
  EXPECT_EQ(page.body,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<title>Signed out</title>\n</head>\n<body>" +
                logout_frame_html(uri) + "</body>\n</html>\n");
}

TEST(FrontchannelPage, claims_nothing_where_it_failed) {
  const Page page = frontchannel_not_received_page(a_relying_provider(), {Fault::store_unreachable, "hush"});
  EXPECT_EQ(page, (Page{.status = 503,
                        .content_type = "text/html; charset=utf-8",
                        .headers = headers_for("https://sso.example.com"),
                        .body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                                "<title>Not signed out</title>\n</head>\n<body></body>\n</html>\n"}));
  EXPECT_EQ(frontchannel_not_received_page(a_relying_provider(), {Fault::form_malformed}).status, 400);
}

TEST(FrontchannelPage, shows_in_no_frame_where_the_issuer_has_no_origin) {
  EXPECT_EQ(frontchannel_received_page(Provider{}).headers, headers_for("'none'"));
}

}  // namespace slo::frontchannel_logout_test
