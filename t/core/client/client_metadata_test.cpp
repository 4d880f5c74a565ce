// SPDX-License-Identifier: BSD-2-Clause
// Metadata is taken as the specifications say, and refused in words that help.
#include <gtest/gtest.h>

#include "core/delivery/logout_token.h"
#include "core/text/base64url.h"
#include "t/harness/metadata_words.h"

namespace slo::client_metadata_test {

using metadata_words::accepted;
using metadata_words::refused;
using metadata_words::without_sid;

std::string refused_id(std::string_view metadata) {
  auto client = read_client(granted(parse_json(metadata)).get(), {});
  return client ? "accepted" : client.error().refusal.detail;
}

TEST(ClientMetadata, needs_no_more_than_a_client_id) {
  const Client client = accepted("");
  EXPECT_EQ(client.id, ClientId{"a"});
  EXPECT_EQ(client.name, "a");
  EXPECT_TRUE(client.confidential);
  EXPECT_FALSE(client.native);
  EXPECT_EQ(client.channels(), Channels{});
  EXPECT_TRUE(client.logout_token_typ);
  EXPECT_TRUE(client.logout_token_aud_array);
  EXPECT_EQ(client.id_token_signed_response_alg, std::nullopt);
}

TEST(ClientMetadata, refuses_a_client_id_that_is_no_name) {
  EXPECT_EQ(refused_id("{}"), "\"client_id\" is missing");
  EXPECT_EQ(refused_id(R"({"client_id":null})"), "\"client_id\" is missing");
  EXPECT_EQ(refused_id(R"({"client_id":7})"), "\"client_id\" must be a string");
  EXPECT_EQ(refused_id(R"({"client_id":""})"),
            "\"client_id\" \"\" must be 1 to 255 printable ASCII characters");
  EXPECT_EQ(refused_id(R"({"client_id":"a\n"})"),
            "\"client_id\" \"a?\" must be 1 to 255 printable ASCII characters");
  EXPECT_EQ(refused_id("{\"client_id\":\"" + std::string(256, 'x') + "\"}"),
            "\"client_id\" \"" + std::string(120, 'x') + "...\" must be 1 to 255 printable ASCII characters");
  EXPECT_EQ(refused_id(R"({"client_id":"app:wiki"})"),
            "\"client_id\" \"app:wiki\" must not begin with \"app:\": so do those of applications");
  EXPECT_EQ(refused_id("[]"), "a client must be a JSON object");
}

TEST(ClientMetadata, ignores_unknown_members_and_takes_null_for_absent) {
  const Client client =
      accepted(R"("x":[1],"policy_uri":7,"backchannel_logout_uri":null,"client_name":null)");
  EXPECT_EQ(client.name, "a");
  EXPECT_EQ(client.channels(), Channels{});
}

TEST(ClientMetadata, refuses_members_of_another_type) {
  for (const auto* member :
       {"client_name", "token_endpoint_auth_method", "application_type", "backchannel_logout_uri",
        "frontchannel_logout_uri", "id_token_signed_response_alg", "client_secret",
        "id_token_encrypted_response_alg", "id_token_encrypted_response_enc", "logout_token_aud"}) {
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":[7]"), "must be a string");
  }
  for (const auto* member :
       {"backchannel_logout_session_required", "frontchannel_logout_session_required", "logout_token_typ"}) {
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":\"true\""),
              "must be true or false, without quotes");
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":1"), "must be true or false, without quotes");
  }
  for (const auto* member : {"redirect_uris", "post_logout_redirect_uris"}) {
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":\"https://a/\""),
              "must be an array of strings");
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":[\"https://a/\",7]"),
              "must be an array of strings");
  }
}

TEST(SessionRequired, is_taken_for_both_channels) {
  const Client client =
      accepted(R"("backchannel_logout_session_required":true,"frontchannel_logout_session_required":true)");
  EXPECT_TRUE(client.backchannel_logout_session_required);
  EXPECT_TRUE(client.frontchannel_logout_session_required);
}

TEST(SessionRequired, is_refused_where_the_provider_has_no_sid) {
  for (const auto* member : {"backchannel_logout_session_required", "frontchannel_logout_session_required"}) {
    EXPECT_EQ(refused(member, '"' + std::string(member) + "\":true", without_sid),
              "must not be true: this OpenID Provider has no sid to send");
    accepted('"' + std::string(member) + "\":false", without_sid);
  }
}

TEST(SigningAlgorithm, is_read_by_name) {
  EXPECT_EQ(accepted(R"("id_token_signed_response_alg":"ES384")").id_token_signed_response_alg,
            jose::Algorithm::ES384);
}

TEST(SigningAlgorithm, must_be_able_to_sign_logout_tokens) {
  constexpr std::string_view back =
      R"("backchannel_logout_uri":"https://a/","id_token_signed_response_alg":)";
  EXPECT_EQ(refused("id_token_signed_response_alg", std::string(back) + "\"none\""),
            "\"none\" cannot sign logout tokens: choose another, or leave out \"backchannel_logout_uri\"");
  EXPECT_EQ(refused("id_token_signed_response_alg", std::string(back) + "\"rs256\""),
            "\"rs256\" is not a known algorithm: use RS256, PS256, ES256, EdDSA or one of their relatives");
}

TEST(SigningAlgorithm, may_be_anything_where_there_are_no_logout_tokens) {
  EXPECT_EQ(accepted(R"("id_token_signed_response_alg":"none")").id_token_signed_response_alg, std::nullopt);
  EXPECT_EQ(accepted(R"("id_token_signed_response_alg":"ES256K")").id_token_signed_response_alg,
            std::nullopt);
}

TEST(ClientSecret, must_be_long_enough_to_sign) {
  const auto with = [](std::size_t length) {
    return R"("id_token_signed_response_alg":"HS256","client_secret":")" + std::string(length, 's') + '"';
  };
  EXPECT_TRUE(accepted(with(32)).secret);
  EXPECT_EQ(refused("client_secret", with(31)), "must be at least 32 bytes long to sign with \"HS256\"");
  EXPECT_EQ(refused("client_secret", R"("id_token_signed_response_alg":"HS512","client_secret":")" +
                                         std::string(63, 's') + '"'),
            "must be at least 64 bytes long to sign with \"HS512\"");
  EXPECT_EQ(refused("client_secret", R"("id_token_signed_response_alg":"HS256")"),
            "must be at least 32 bytes long to sign with \"HS256\"");
}

TEST(ClientSecret, may_be_short_where_it_signs_nothing) {
  EXPECT_FALSE(accepted(R"("client_secret":"short")").secret);
  EXPECT_FALSE(accepted(R"("client_secret":"short","id_token_signed_response_alg":"RS256")").secret);
}

std::string encrypted(std::string_view members, std::string_view jwk = test_keys::client_rsa_jwk) {
  return R"("backchannel_logout_uri":"https://a/","jwks":{"keys":[)" + std::string(jwk) + "]}," +
         std::string(members);
}

// The header of a logout token for `client`, which must be encrypted.
std::string sealed_header(const Client& client) {
  const auto token = write_logout_token(a_provider(), client, {.sub = Subject{"alice"}, .jti = Jti{"1"}});
  EXPECT_TRUE(token && jose::is_encrypted(*token));
  if (!token) return token.error().detail;
  const auto header = from_base64url(token->substr(0, token->find('.')));
  return dump_json(granted(parse_json(header.value_or(""))).get());
}

constexpr std::string_view needs_key =
    "needs a fitting key for encryption in \"jwks\" (\"jwks_uri\" is not fetched)";

TEST(Encryption, takes_the_clients_key_and_a_default_for_enc) {
  const Client client = accepted(encrypted(R"("id_token_encrypted_response_alg":"RSA-OAEP")"));
  EXPECT_EQ(client.id_token_encrypted_response_alg, "RSA-OAEP");
  EXPECT_EQ(client.id_token_encrypted_response_enc, "A128CBC-HS256");
  EXPECT_NE(sealed_header(client).find(R"("kid":"enc-rsa")"), std::string::npos) << sealed_header(client);
}

TEST(Encryption, is_refused_without_a_fitting_key) {
  EXPECT_EQ(refused("id_token_encrypted_response_alg",
                    R"("backchannel_logout_uri":"https://a/","id_token_encrypted_response_alg":"RSA-OAEP",)"
                    R"("jwks_uri":"https://a/jwks")"),
            "\"RSA-OAEP\" " + std::string(needs_key));
  EXPECT_EQ(
      refused("id_token_encrypted_response_alg", encrypted(R"("id_token_encrypted_response_alg":"ECDH-ES")")),
      "\"ECDH-ES\" " + std::string(needs_key));
  std::string signing(test_keys::client_rsa_jwk);
  signing.replace(signing.find("\"enc\""), 5, "\"sig\"");
  EXPECT_EQ(refused("id_token_encrypted_response_alg",
                    encrypted(R"("id_token_encrypted_response_alg":"RSA-OAEP")", signing)),
            "\"RSA-OAEP\" " + std::string(needs_key));
}

TEST(Encryption, is_refused_with_a_key_that_is_meant_for_another_algorithm) {
  std::string other(test_keys::client_rsa_jwk);
  other.insert(1, R"("alg":"RSA-OAEP-256",)");
  EXPECT_EQ(refused("id_token_encrypted_response_alg",
                    encrypted(R"("id_token_encrypted_response_alg":"RSA-OAEP")", other)),
            "\"RSA-OAEP\" " + std::string(needs_key));
}

TEST(Encryption, takes_a_key_that_says_nothing_of_its_use) {
  std::string silent(test_keys::client_rsa_jwk);
  silent.replace(silent.find(R"("use": "enc", )"), 14, "");
  const Client client = accepted(encrypted(R"("id_token_encrypted_response_alg":"RSA-OAEP")", silent));
  EXPECT_NE(sealed_header(client).find(R"("kid":"enc-rsa")"), std::string::npos) << sealed_header(client);
}

TEST(Encryption, makes_its_key_of_the_client_secret_where_the_algorithm_says_so) {
  for (const auto* alg : {"dir", "A128KW", "A256KW"}) {
    const std::string members =
        "\"id_token_encrypted_response_alg\":\"" + std::string(alg) + "\",\"client_secret\":\"";
    const Client client = accepted(encrypted(members + std::string(32, 's') + '"'));
    EXPECT_NE(sealed_header(client).find("\"alg\":\"" + std::string(alg) + '"'), std::string::npos) << alg;
    EXPECT_EQ(refused("client_secret", encrypted(members + std::string(31, 's') + '"')),
              "must be at least 32 bytes long to encrypt with \"" + std::string(alg) + '"');
  }
}

TEST(Encryption, is_refused_with_unknown_algorithms) {
  EXPECT_EQ(
      refused("id_token_encrypted_response_alg", encrypted(R"("id_token_encrypted_response_alg":"ROT13")")),
      "\"ROT13\" is not supported: use RSA-OAEP or ECDH-ES");
  EXPECT_EQ(
      refused("id_token_encrypted_response_alg", encrypted(R"("id_token_encrypted_response_alg":"RSA1_5")")),
      "\"RSA1_5\" is not supported: use RSA-OAEP or ECDH-ES");
  EXPECT_EQ(
      refused(
          "id_token_encrypted_response_enc",
          encrypted(
              R"("id_token_encrypted_response_alg":"RSA-OAEP","id_token_encrypted_response_enc":"ROT13")")),
      "\"ROT13\" is not supported: use A128CBC-HS256 or A256GCM");
  EXPECT_EQ(refused("id_token_encrypted_response_enc", R"("id_token_encrypted_response_enc":"A256GCM")"),
            "needs \"id_token_encrypted_response_alg\"");
}

TEST(Encryption, does_not_matter_where_there_are_no_logout_tokens) {
  EXPECT_EQ(accepted(R"("id_token_encrypted_response_alg":"A128KW")").id_token_encrypted_response_alg,
            "A128KW");
}

TEST(FrameOrigins, are_origins_and_nothing_more) {
  const auto with = [](std::string_view origins) {
    return R"("redirect_uris":["https://a/cb"],"frontchannel_logout_uri":"https://a/out",)"
           R"("frontchannel_logout_frame_origins":)" +
           std::string(origins);
  };
  EXPECT_EQ(
      accepted(with(R"(["https://Login.example.com/","http://b:8080"])")).frontchannel_logout_frame_origins,
      (std::vector<std::string>{"https://login.example.com", "http://b:8080"}));
  for (const std::string origin : {"https://b/path", "https://b?q", "https://b#f", "https://u@b", "b", "*",
                                   "https://*.b", "https://a;sandbox", "data:x", "https:"}) {
    EXPECT_NE(refused("frontchannel_logout_frame_origins", with("[\"" + origin + "\"]"))
                  .find("must be an origin such as https://login.example.com"),
              std::string::npos)
        << origin;
  }
}

TEST(Jwks, must_be_a_key_set) {
  EXPECT_EQ(refused("jwks", R"("jwks":[])"), "must be a JWK set: an object with an array \"keys\"");
  EXPECT_EQ(refused("jwks", R"("jwks":{})"), "must be a JWK set: an object with an array \"keys\"");
}

TEST(OurSwitches, turn_off_what_some_receivers_do_not_take) {
  const Client client = accepted(R"("logout_token_typ":false,"logout_token_aud":"string")");
  EXPECT_FALSE(client.logout_token_typ);
  EXPECT_FALSE(client.logout_token_aud_array);
  EXPECT_TRUE(accepted(R"("logout_token_aud":"array")").logout_token_aud_array);
  EXPECT_EQ(refused("logout_token_aud", R"("logout_token_aud":"list")"),
            "\"list\" must be \"array\" or \"string\"");
}

}  // namespace slo::client_metadata_test
