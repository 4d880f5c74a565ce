// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "core/op/logout_page.h"
#include "t/core/op/pages.h"

namespace slo::refusal_page_test {
namespace {

const Refusal bad_hint{Fault::token_signature_invalid, "what only the operator may read"};

bool offers_logout(Fault fault, std::string_view self = "/logout") {
  return holds(refusal_page({fault}, false, self), "href=\"./logout\"");
}

}  // namespace

TEST(RefusalPage, says_what_is_wrong_but_not_to_whom) {
  const Page page = refusal_page(bad_hint, false, "/logout");
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(holds(page, "The id_token_hint is not valid."));
  EXPECT_TRUE(holds(page, "Code: invalid_id_token_hint"));
  EXPECT_FALSE(holds(page, "operator"));
}

// `GET //evil.example/..%2flogout` reaches `location = /logout`, too.
TEST(RefusalPage, offers_no_link_to_another_host) {
  for (const char* self :
       {"//evil.example/..%2flogout", "/\\evil.example/..%2flogout", "https://evil.example/logout"}) {
    EXPECT_FALSE(holds(refusal_page(bad_hint, false, self), "href=")) << self;
    EXPECT_FALSE(holds(refusal_page({Fault::ticket_invalid}, false, self), "href=")) << self;
  }
}

TEST(RefusalPage, is_json_for_those_who_want_it) {
  const Page expected{
      .status = 400,
      .content_type = "application/json",
      .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
      .body = R"({"error":"invalid_id_token_hint","error_description":"The id_token_hint is not valid."})"};
  EXPECT_EQ(refusal_page(bad_hint, true, "/logout"), expected);
}

TEST(RefusalPage, names_the_logout_for_support) {
  EXPECT_TRUE(holds(refusal_page(bad_hint, false, "/logout", "id-1"), "For support: id-1"));
  EXPECT_EQ(
      refusal_page(bad_hint, true, "/logout", "id-1").body,
      R"({"error":"invalid_id_token_hint","error_description":"The id_token_hint is not valid.","logout_id":"id-1"})");
  EXPECT_FALSE(holds(refusal_page(bad_hint, false, "/logout"), "For support"));
}

TEST(RefusalPage, has_the_status_of_every_fault_and_never_a_redirect_or_a_cookie) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    for (const bool wants_json : {false, true}) {
      const Page page = refusal_page({fault}, wants_json, "/logout");
      EXPECT_EQ(page.status, describe(fault).status);
      EXPECT_GE(page.status, 400);
      EXPECT_EQ(header_of(page, "Location"), "");
      EXPECT_EQ(header_of(page, "Set-Cookie"), "");
      EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
      EXPECT_FALSE(holds(page, "http-equiv"));
    }
  }
}

TEST(RefusalPage, says_which_methods_are_allowed) {
  EXPECT_EQ(header_of(refusal_page({Fault::method_not_allowed}, false, ""), "Allow"), "GET, POST");
  EXPECT_EQ(header_of(refusal_page(bad_hint, false, ""), "Allow"), "");
}

TEST(RefusalPage, asks_to_come_back_when_the_store_is_away_and_claims_no_logout) {
  const Page page = refusal_page({Fault::store_unreachable}, false, "/logout");
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header_of(page, "Retry-After"), "5");
  EXPECT_TRUE(holds(page, "You may still be signed in"));
  EXPECT_FALSE(holds(page, "You are signed out"));
}

TEST(RefusalPage, asks_to_come_back_when_too_many_encrypted_hints_wait) {
  const Page page = refusal_page({Fault::hint_queue_full}, false, "/logout");
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header_of(page, "Retry-After"), "5");
  EXPECT_TRUE(holds(page, "Nothing has happened yet"));
}

TEST(RefusalPage, offers_to_sign_out_here_where_that_can_help) {
  EXPECT_TRUE(offers_logout(Fault::token_signature_invalid));
  EXPECT_TRUE(offers_logout(Fault::redirect_not_registered));
  EXPECT_TRUE(offers_logout(Fault::ticket_invalid));
  EXPECT_FALSE(offers_logout(Fault::token_signature_invalid, ""));
  EXPECT_FALSE(offers_logout(Fault::hint_required));
  EXPECT_FALSE(offers_logout(Fault::store_timeout));
  EXPECT_FALSE(offers_logout(Fault::internal));
}

TEST(RefusalPage, offers_to_start_again_after_a_ticket_that_is_no_good) {
  EXPECT_TRUE(holds(refusal_page({Fault::ticket_from_other_browser}, false, "/logout"), "Start again"));
}

TEST(RefusalPage, cannot_be_framed_and_loads_nothing) {
  const Page page = refusal_page(bad_hint, false, "/logout");
  EXPECT_EQ(header_of(page, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header_of(page, "Referrer-Policy"), "no-referrer");
  EXPECT_TRUE(header_of(page, "Content-Security-Policy").starts_with("default-src 'none'; "));
  EXPECT_FALSE(holds(page, "<script"));
  EXPECT_FALSE(holds(page, "style=\""));
}

}  // namespace slo::refusal_page_test
