// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/learning.h"

#include <gtest/gtest.h>

#include "t/core/op/hint_tokens.h"

namespace slo::learning_test {
namespace {

std::string response_with(std::string_view id_token) {
  return R"({"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"id_token":")" +
         std::string(id_token) + "\"}";
}

// What was learnt, in short; or why nothing.
std::string learnt(const Provider& provider, std::string_view body, const Moment& moment = a_moment()) {
  const auto seen = learn_from_token_response(provider, {.body = body}, moment);
  if (!seen) return std::string(describe(seen.error().fault).name);
  if (!*seen) return "nothing";
  return (*seen)->client_id + " " + (*seen)->sub + " " + (*seen)->sid;
}

std::string learnt_with(std::string_view changes) {
  const Provider provider = a_provider();
  return learnt(provider, response_with(a_hint(provider, changes)));
}

}  // namespace

TEST(TokenResponse, says_who_takes_part_in_which_session) {
  EXPECT_EQ(learnt_with("{}"), "app-a alice sid-1");
  EXPECT_EQ(learnt_with(R"({"aud":["app-a"],"sub":"bob","sid":"s-2"})"), "app-a bob s-2");
  EXPECT_EQ(learnt_with(R"({"aud":["app-a","api"],"azp":"app-a"})"), "app-a alice sid-1");
}

TEST(TokenResponse, may_lack_a_sid) { EXPECT_EQ(learnt_with(R"({"sid":null})"), "app-a alice "); }

TEST(TokenResponse, teaches_nothing_without_an_id_token) {
  const Provider provider = a_provider();
  for (const char* body :
       {R"({"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"})", R"({"error":"invalid_grant"})",
        R"({"id_token":null})", R"({"id_token":["a"]})", "{}"}) {
    EXPECT_EQ(learnt(provider, body), "nothing") << body;
  }
}

TEST(TokenResponse, of_a_client_that_is_none_of_ours_teaches_nothing) {
  EXPECT_EQ(learnt_with(R"({"aud":"nobody"})"), "client_unknown");
}

TEST(LeadsToClient, what_goes_to_another_origin_or_a_registered_redirect_uri_and_nothing_else) {
  Provider provider = a_bare_provider();
  Client here = a_client("here");
  here.redirect_uris = {"https://sso.example.com/app/cb?tenant=1"};
  const auto list =
      std::make_shared<ClientList>(std::vector<ClientRef>{std::make_shared<const Client>(std::move(here))});
  list->note_redirects();
  provider.clients.replace(list);
  for (const auto* target : {"https://app.example/cb", "http://127.0.0.1:5000/cb", "com.example.app:/cb",
                             "https://sso.example.com/app/cb", "https://sso.example.com:444/x"}) {
    EXPECT_TRUE(leads_to_client(provider, target, "inner.example:8080")) << target;
  }
  for (const auto* target :
       {"", "/auth/step2", "auth", "//app.example/cb", "https://sso.example.com/auth/step2",
        "https://SSO.example.com:443/auth", "http://inner.example:8080/auth", "https://[x"}) {
    EXPECT_FALSE(leads_to_client(provider, target, "inner.example:8080")) << target;
  }
}

TEST(TokenResponse, is_malformed_where_it_is_packed_in_no_known_way) {
  const auto seen = learn_from_token_response(a_provider(), {.body = "{}", .is_packed = true}, a_moment());
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error(),
            (Refusal{Fault::response_malformed, "its Content-Encoding is not gzip or deflate"}));
}

TEST(TokenResponse, is_a_json_object) {
  const Provider provider = a_provider();
  const std::string token = a_hint(provider);
  for (const std::string& body : {std::string(), std::string("<html>"), "[" + response_with(token) + "]",
                                  response_with(token) + "x", response_with(token).substr(0, 300),
                                  "\"" + token + "\"", R"({"id_token":"a","id_token":")" + token + "\"}"}) {
    EXPECT_EQ(learnt(provider, body), "response_malformed") << body;
  }
}

TEST(TokenResponse, is_believed_only_what_its_signature_says) {
  const Provider provider = a_provider();
  const std::string token = a_hint(provider);
  EXPECT_EQ(learnt(provider, response_with(token.substr(0, token.size() - 8) + "AAAAAAAA")),
            "token_signature_invalid");
  EXPECT_EQ(learnt(provider, response_with("a.b")), "token_malformed");
  EXPECT_EQ(learnt_with(R"({"iss":"https://elsewhere.example.com"})"), "token_issuer_foreign");
  EXPECT_EQ(learnt_with(R"({"aud":["app-a","app-b"]})"), "token_audience_ambiguous");
  EXPECT_EQ(learnt_with(R"({"sub":7})"), "token_claims_invalid");
  EXPECT_EQ(learnt_with(R"({"events":{}})"), "token_not_id_token");
}

TEST(TokenResponse, is_of_now_whatever_hints_may_be) {
  const Provider provider = a_provider();
  ASSERT_TRUE(provider.hint.accept_expired);
  EXPECT_EQ(learnt(provider, response_with(a_hint(provider)), a_moment(std::chrono::hours{2})),
            "token_expired");
}

TEST(TokenRequest, renews_tokens_by_a_refresh_token) {
  const TokenRequest renewal{.is_renewal = true};
  EXPECT_EQ(read_token_request("grant_type=refresh_token&refresh_token=8xLOxBtZp8"), renewal);
  EXPECT_EQ(read_token_request("client_id=a&grant_type=refresh%5Ftoken&code=a"), renewal);
  for (const char* form :
       {"code=grant_type%3Drefresh_token", "", "{}", "grant_type=refresh_token&grant_type=refresh_token"}) {
    EXPECT_FALSE(read_token_request(form).is_renewal) << form;
  }
  EXPECT_EQ(read_token_request("grant_type=refresh_token&a=" + std::string(max_token_request, 'a')),
            TokenRequest{});
}

TEST(TokenRequest, redeems_a_code) {
  const TokenRequest login{.code = "Spl+x/lO"};
  EXPECT_EQ(read_token_request("grant_type=authorization_code&code=Spl%2Bx%2FlO"), login);
  EXPECT_EQ(read_token_request("code=Spl%2bx/lO&client_id=a"), login);
  for (const char* form :
       {"grant_type=authorization_code", "code=&a=b", "code=a&code=a", "code=%zz", "code=%00"})
    EXPECT_EQ(read_token_request(form), TokenRequest{}) << form;
}

}  // namespace slo::learning_test
