// SPDX-License-Identifier: BSD-2-Clause
// What is allowed and hardly meant is pointed at, what is merely unknown is not.
#include "core/client/doubts.h"

#include <gtest/gtest.h>

namespace slo::client_doubts_test {

std::vector<std::string> told(std::string_view text, bool is_https = true) {
  return doubts_about_clients(text, is_https);
}

using Told = std::vector<std::string>;

TEST(ClientDoubts, of_very_many_the_first_twenty_are_told_and_the_rest_counted) {
  std::string text = "[";
  for (int i = 0; i < 25; ++i) text += std::string(i > 0 ? "," : "") + R"({"redirect_uri": "x"})";
  const Told all = told(text + "]");
  ASSERT_EQ(all.size(), 21U);
  EXPECT_EQ(all.front(), "1:3: \"redirect_uri\" is unknown and ignored, did you mean \"redirect_uris\"?");
  EXPECT_EQ(all.back(), " 5 more of its members look wrong");
}

TEST(ClientDoubts, members_that_are_nearly_known_are_pointed_at) {
  EXPECT_EQ(told("[{\"client_id\": \"a\",\n  \"backchannel_logout_url\": \"https://a/\"}]"),
            (Told{"2:3: \"backchannel_logout_url\" is unknown and ignored, did you mean "
                  "\"backchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"redirect_uri\": \"x\"}]"),
            (Told{"1:3: \"redirect_uri\" is unknown and ignored, did you mean \"redirect_uris\"?"}));
  EXPECT_EQ(told("[{\"backchannelLogoutUri\": \"x\"}]"),
            (Told{"1:3: \"backchannelLogoutUri\" is unknown and ignored, did you mean "
                  "\"backchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"logout_uri\": \"x\"}]"),
            (Told{"1:3: \"logout_uri\" is unknown and ignored, did you mean \"backchannel_logout_uri\" or "
                  "\"frontchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"client_secret_file\": \"x\"}]"),
            (Told{"1:3: \"client_secret_file\" is known in a \"client\" block only and is ignored here"}));
}

// RFC 7591, section 2, OpenID Connect Dynamic Client Registration 1.0, section 2.
TEST(ClientDoubts, registered_and_foreign_members_are_ignored_in_silence) {
  for (const char* name : {"response_types",
                           "grant_types",
                           "contacts",
                           "logo_uri",
                           "client_uri",
                           "policy_uri",
                           "tos_uri",
                           "jwks_uri",
                           "sector_identifier_uri",
                           "subject_type",
                           "userinfo_signed_response_alg",
                           "userinfo_encrypted_response_alg",
                           "userinfo_encrypted_response_enc",
                           "request_object_signing_alg",
                           "request_object_encryption_alg",
                           "request_object_encryption_enc",
                           "token_endpoint_auth_signing_alg",
                           "default_max_age",
                           "require_auth_time",
                           "default_acr_values",
                           "initiate_login_uri",
                           "request_uris",
                           "scope",
                           "software_id",
                           "software_version",
                           "software_statement",
                           "client_id_issued_at",
                           "client_secret_expires_at",
                           "registration_client_uri",
                           "registration_access_token",
                           "x-team"}) {
    EXPECT_EQ(told("[{\"" + std::string(name) + "\": 1}]"), Told{}) << name;
  }
}

TEST(ClientDoubts, a_star_in_a_uri_is_pointed_at) {
  EXPECT_EQ(
      told(R"([{"post_logout_redirect_uris": ["https://a/", "https://*.a/"]}])"),
      (Told{"1:3: \"post_logout_redirect_uris\" \"https://*.a/\" holds \"*\", which has no meaning: URIs "
            "are compared as they stand"}));
}

TEST(ClientDoubts, a_frame_that_browsers_block_is_pointed_at) {
  constexpr std::string_view client = R"([{"frontchannel_logout_uri": "http://a.example/out"}])";
  EXPECT_EQ(told(client), (Told{"1:3: \"frontchannel_logout_uri\" \"http://a.example/out\" is http: browsers "
                                "block such a frame in the https page of the issuer"}));
  EXPECT_EQ(told(client, false), Told{});
  EXPECT_EQ(told(R"([{"frontchannel_logout_uri": "http://localhost/out"}])"), Told{});
  EXPECT_EQ(told(R"([{"backchannel_logout_uri": "http://a.example/out"}])"), Told{});
}

TEST(ClientDoubts, members_have_kinds) {
  EXPECT_EQ(kind_of_member("client_name"), MemberKind::text);
  EXPECT_EQ(kind_of_member("redirect_uris"), MemberKind::list);
  EXPECT_EQ(kind_of_member("logout_token_typ"), MemberKind::flag);
  EXPECT_EQ(kind_of_member("jwks"), MemberKind::object);
  EXPECT_EQ(kind_of_member("contacts"), std::nullopt);
}

}  // namespace slo::client_doubts_test
