// SPDX-License-Identifier: BSD-2-Clause
// How logout tokens arrive, in which shapes real OPs send them, and what the OP is answered.
#include <gtest/gtest.h>

#include "core/rp/received_logout.h"
#include "t/core/rp/logout_tokens.h"

namespace slo::received_logout_forms_test {
namespace {

constexpr std::string_view form = "application/x-www-form-urlencoded";

Fault fault_of_form(std::string_view content_type, std::string_view body) {
  const auto token = read_logout_token(content_type, body);
  return token ? Fault::internal : token.error().fault;
}

// What a token of `payload` ends, for a gateway whose OP may omit exp.
ReceivedLogout received_of(std::string_view header, std::string_view payload, bool exp_required = true) {
  Provider provider = a_relying_provider();
  provider.exp_required = exp_required;
  const std::string token = a_signed_logout(a_key(), jose::Algorithm::RS256, header, payload);
  return granted(check_logout_token(provider, token, a_moment()));
}

Mark session(std::string_view sid) { return {.value = std::string(sid), .at = a_moment().seconds()}; }

}  // namespace

TEST(LogoutTokenForm, holds_one_token_and_whatever_else) {
  EXPECT_EQ(read_logout_token(form, "logout_token=a.b.c"), "a.b.c");
  EXPECT_EQ(read_logout_token(form, "ignored_parameter=1&logout_token=a.b.c&x=%zz&x="), "a.b.c");
  EXPECT_EQ(read_logout_token("Application/X-WWW-Form-Urlencoded ; charset=UTF-8", "logout_token=a.b.c"),
            "a.b.c");
}

TEST(LogoutTokenForm, is_refused_without_a_token_or_with_two) {
  EXPECT_EQ(fault_of_form(form, ""), Fault::form_malformed);
  EXPECT_EQ(fault_of_form(form, "logout_token="), Fault::form_malformed);
  EXPECT_EQ(fault_of_form(form, "logout_token=%zz"), Fault::form_malformed);
  EXPECT_EQ(fault_of_form(form, "id_token=a.b.c"), Fault::form_malformed);
  EXPECT_EQ(fault_of_form(form, "logout_token=a&logout_token=a"), Fault::parameter_repeated);
}

TEST(LogoutTokenForm, is_a_form) {
  for (const std::string_view other : {"", "application/json", "application/x-www-form-urlencoded2",
                                       "multipart/form-data; boundary=x", "text/plain"}) {
    EXPECT_EQ(fault_of_form(other, "logout_token=a.b.c"), Fault::content_type_unsupported) << other;
  }
}

TEST(ClaimedIssuer, is_what_a_token_says_unverified) {
  EXPECT_EQ(claimed_issuer(a_logout_token(R"({"iss":"https://any.example"})")), "https://any.example");
  EXPECT_EQ(claimed_issuer(a_logout_token(R"({"iss":null})")), "");
  EXPECT_EQ(claimed_issuer(a_logout_token(R"({"iss":7})")), "");
  EXPECT_EQ(claimed_issuer("a.b.c"), "");
  EXPECT_EQ(claimed_issuer(""), "");
  EXPECT_EQ(claimed_issuer(std::string(jose::max_token + 1, '.')), "");
}

TEST(ClaimedIssuer, of_an_encrypted_token_stands_in_its_header) {
  const auto sealed = [](std::string_view header) {
    const Json head = granted(parse_json(header));
    return granted(jose::encrypt(a_key(), "RSA-OAEP", "A256GCM", head.get(), a_logout_token()));
  };
  EXPECT_EQ(claimed_issuer(sealed(R"({"iss":"https://any.example"})")), "https://any.example");
  EXPECT_EQ(claimed_issuer(sealed("{}")), "");
  EXPECT_EQ(claimed_issuer("a.b.c.d.e"), "");
}

TEST(LogoutTokenOf, keycloak) {
  const auto claims = [](std::string_view dates) {
    return std::string("{") + std::string(dates) +
           R"("jti":"c5f0b6a4-6d1c-4a55-9b6f-8d7f7f1c2b3a","iss":"https://sso.example.com","aud":"gateway",)"
           R"("sub":"f1b2c3d4-0000-4a55-9b6f-8d7f7f1c2b3a","typ":"Logout","sid":"9d2e5a1c-77aa-4a55-9b6f-8d7f7f1c2b3a",)"
           R"("events":{"http://schemas.openid.net/event/backchannel-logout":{},"revoke_offline_access":true}})";
  };
  const Mark ended = session("9d2e5a1c-77aa-4a55-9b6f-8d7f7f1c2b3a");
  EXPECT_EQ(received_of(R"({"typ":"logout+jwt"})", claims(R"("exp":1800000720,"iat":1800000600,)")).mark,
            ended);
  EXPECT_EQ(received_of(R"({"typ":"JWT"})", claims(R"("iat":1800000600,)"), false).mark, ended)
      << "older ones have neither exp nor a type of their own";
}

TEST(LogoutTokenOf, oidc_provider) {
  EXPECT_EQ(
      received_of(R"({"typ":"logout+jwt"})",
                  R"({"sub":"alice","events":{"http://schemas.openid.net/event/backchannel-logout":{}},)"
                  R"("sid":"mXq1d0eW6v_2kYb4dLZr8","jti":"q4Zs9x0v","iat":1800000600,"exp":1800000720,)"
                  R"("aud":"gateway","iss":"https://sso.example.com"})"),
      (ReceivedLogout{
          .mark = session("mXq1d0eW6v_2kYb4dLZr8"), .jti = "q4Zs9x0v", .jti_life = Seconds{180}}));
}

TEST(LogoutTokenOf, lemonldap_ng) {
  const std::string with_sid =
      R"({"iss":"https://sso.example.com","sub":"alice","aud":["gateway"],"iat":1800000600,"jti":"7Q2ZK0AB",)"
      R"("sid":"f00ba7","events":{"http://schemas.openid.net/event/backchannel-logout":{}}})";
  EXPECT_EQ(received_of(R"({"typ":"JWT"})", with_sid, false),
            (ReceivedLogout{.mark = session("f00ba7"), .jti = "7Q2ZK0AB", .jti_life = Seconds{3660}}));
}

// The example of Back-Channel Logout 1.0, 2.4, at another time.
TEST(LogoutTokenOf, the_specification) {
  EXPECT_EQ(
      received_of(R"({"typ":"logout+jwt"})",
                  R"({"iss":"https://sso.example.com","sub":"248289761001","aud":"gateway","iat":1800000600,)"
                  R"("exp":1800000720,"jti":"bWJq","sid":"08a5019c-17e1-4977-8f42-65a12843ea02",)"
                  R"("events":{"http://schemas.openid.net/event/backchannel-logout":{}}})")
          .mark,
      session("08a5019c-17e1-4977-8f42-65a12843ea02"));
}

TEST(LogoutAnswer, is_an_empty_200) {
  EXPECT_EQ(logout_received_page(), (Page{.status = 200, .headers = {{"Cache-Control", "no-store"}}}));
}

TEST(LogoutAnswer, is_a_400_with_the_reason_and_nothing_of_the_token) {
  EXPECT_EQ(
      logout_not_received_page({Fault::token_signature_invalid, "secret detail"}),
      (Page{.status = 400,
            .content_type = "application/json",
            .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
            .body = R"({"error":"invalid_request","error_description":"The logout_token is not valid."})"}));
  EXPECT_EQ(logout_not_received_page({Fault::token_expired}).body,
            R"({"error":"invalid_request","error_description":"The logout_token has expired."})");
  EXPECT_EQ(logout_not_received_page({Fault::token_not_logout_token}).body,
            R"({"error":"invalid_request","error_description":"The logout_token is not valid."})");
}

TEST(LogoutAnswer, is_a_400_for_whatever_fails) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto& row = describe(static_cast<Fault>(i));
    const Page page = logout_not_received_page({row.fault, "hush"});
    const Json body = granted(parse_json(page.body));
    EXPECT_EQ(page.status, 400) << row.name;
    EXPECT_EQ(string_member(body.get(), "error"), row.status >= 500 ? row.code : "invalid_request")
        << row.name;
    EXPECT_EQ(page.body.find("hush"), std::string::npos) << row.name;
  }
  EXPECT_EQ(logout_not_received_page({Fault::store_timeout}).body,
            R"({"error":"temporarily_unavailable","error_description":)"
            R"("The session store cannot be reached. You may still be signed in; please try again."})");
}

}  // namespace slo::received_logout_forms_test
