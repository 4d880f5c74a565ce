// SPDX-License-Identifier: BSD-2-Clause
// What is allowed and hardly meant is pointed at, what is merely unknown is not.
#include "core/client/doubts.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::client_doubts_test {

std::vector<std::string> told(std::string_view text, bool is_https = true) {
  const Json array = granted(parse_json(text));
  ClientDoubts doubts(is_https);
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < json_array_size(array.get()); ++i) {
    for (const Doubt& doubt : doubts.about(json_array_get(array.get(), i))) sentences.push_back(doubt.text);
  }
  return sentences;
}

using Told = std::vector<std::string>;

TEST(ClientDoubts, members_that_are_nearly_known_are_pointed_at) {
  EXPECT_EQ(told("[{\"client_id\": \"a\",\n  \"backchannel_logout_url\": \"https://a/\"}]"),
            (Told{"\"backchannel_logout_url\" is unknown and ignored, did you mean "
                  "\"backchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"redirect_uri\": \"x\"}]"),
            (Told{"\"redirect_uri\" is unknown and ignored, did you mean \"redirect_uris\"?"}));
  EXPECT_EQ(told("[{\"backchannelLogoutUri\": \"x\"}]"),
            (Told{"\"backchannelLogoutUri\" is unknown and ignored, did you mean "
                  "\"backchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"logout_uri\": \"x\"}]"),
            (Told{"\"logout_uri\" is unknown and ignored, did you mean \"backchannel_logout_uri\" or "
                  "\"frontchannel_logout_uri\"?"}));
  EXPECT_EQ(told("[{\"client_secret_file\": \"x\"}]"),
            (Told{"\"client_secret_file\" is known in a \"client\" block only and is ignored here"}));
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

TEST(ClientDoubts, what_an_unknown_member_may_mean_is_said_of_each_client_that_has_it) {
  const std::string sentence = R"("redirect_uri" is unknown and ignored, did you mean "redirect_uris"?)";
  EXPECT_EQ(told(R"([{"redirect_uri": "x", "scope": "y"}, {"scope": "y"}, {"redirect_uri": "z"}])"),
            (Told{sentence, sentence}));
}

TEST(ClientDoubts, a_star_in_a_uri_is_pointed_at) {
  EXPECT_EQ(told(R"([{"post_logout_redirect_uris": ["https://a/", "https://*.a/"]}])"),
            (Told{"\"post_logout_redirect_uris\" \"https://*.a/\" holds \"*\", which has no meaning: URIs "
                  "are compared as they stand"}));
}

TEST(ClientDoubts, a_frame_that_browsers_block_is_pointed_at) {
  constexpr std::string_view client = R"([{"frontchannel_logout_uri": "http://a.example/out"}])";
  EXPECT_EQ(told(client), (Told{"\"frontchannel_logout_uri\" \"http://a.example/out\" is http: browsers "
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
