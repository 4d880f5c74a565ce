// SPDX-License-Identifier: BSD-2-Clause
// Logout tokens, as the client that gets them reads them.
#include "core/delivery/logout_token.h"
#include "core/text/base64url.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::logout_token_test {

using jose::Algorithm;

constexpr std::string_view secret = "a shared secret of sixty-four bytes, long enough for every HMAC !";

LogoutTokenClaims some_claims() {
  return {.sub = Subject{"alice"}, .sid = Sid{"sid-1"}, .jti = Jti{"jti-1"}, .issued = login_time};
}

jose::Key public_half(std::string_view pem) {
  return granted(jose::Key::from_jwk(a_key(pem).public_jwk().get()));
}

jose::Parsed read(std::string_view token, const jose::Key& key, Algorithm algorithm) {
  return granted(jose::verify(token, {&key}, algorithm));
}

std::string claims_in(const Client& client, const LogoutTokenClaims& claims) {
  const auto token = granted(write_logout_token(a_provider(), client, claims));
  return dump_json(read(token, public_half(test_keys::rsa_2048), Algorithm::RS256).claims.get());
}

Refusal refusal_of(const Provider& provider, const Client& client, const LogoutTokenClaims& claims) {
  const auto token = write_logout_token(provider, client, claims);
  return token ? Refusal{Fault::internal, "written"} : token.error();
}

TEST(LogoutToken, holds_exactly_what_the_specification_asks_for) {
  EXPECT_EQ(
      claims_in(a_back_client(), some_claims()),
      R"({"iss":"https://sso.example.com","sub":"alice","aud":["app-a"],"iat":1800000000,"exp":1800000120,)"
      R"("jti":"jti-1","events":{"http://schemas.openid.net/event/backchannel-logout":{}},"sid":"sid-1"})");
}

TEST(LogoutToken, is_typed_and_names_its_key) {
  const auto token = granted(write_logout_token(a_provider(), a_back_client(), some_claims()));
  EXPECT_EQ(dump_json(granted(peek(token)).header.get()),
            R"({"alg":"RS256","typ":"logout+jwt","kid":")" + a_key().kid() + "\"}");
}

TEST(LogoutToken, leaves_typ_and_the_array_of_aud_to_the_client) {
  Client client = a_back_client();
  client.logout_token_typ = false;
  client.logout_token_aud_array = false;
  const auto parsed = granted(peek(granted(write_logout_token(a_provider(), client, some_claims()))));
  EXPECT_FALSE(has_member(parsed.header.get(), "typ"));
  EXPECT_EQ(string_member(parsed.claims.get(), "aud"), "app-a");
}

TEST(LogoutToken, names_the_session_or_the_user_or_both) {
  auto claims = some_claims();
  claims.sub.reset();
  EXPECT_EQ(claims_in(a_back_client(), claims).find("\"sub\""), std::string::npos);
  claims = some_claims();
  claims.sid.reset();
  EXPECT_EQ(claims_in(a_back_client(), claims).find("\"sid\""), std::string::npos);
}

TEST(LogoutToken, is_not_written_without_a_subject_or_a_sid_that_the_client_requires) {
  const auto provider = a_provider();
  auto claims = some_claims();
  claims.sid.reset();
  Client strict = a_back_client();
  strict.backchannel_logout_session_required = true;
  EXPECT_EQ(refusal_of(provider, strict, claims),
            (Refusal{Fault::delivery_without_subject, "the client requires a sid"}));
  claims.sub.reset();
  EXPECT_EQ(refusal_of(provider, a_back_client(), claims),
            (Refusal{Fault::delivery_without_subject, "neither sub nor sid"}));
  claims.sid = Sid{""};
  claims.sub = Subject{"\xff"};  // no JSON can hold it
  EXPECT_EQ(refusal_of(provider, a_back_client(), claims).fault, Fault::delivery_without_subject);
}

TEST(LogoutToken, is_signed_as_the_client_registered) {
  struct Row {
    Algorithm algorithm;
    std::string_view pem;
  };
  for (const auto& row :
       {Row{Algorithm::RS256, test_keys::rsa_2048}, Row{Algorithm::RS512, test_keys::rsa_2048},
        Row{Algorithm::PS384, test_keys::rsa_2048}, Row{Algorithm::ES256, test_keys::p256},
        Row{Algorithm::ES384, test_keys::p384}, Row{Algorithm::EdDSA, test_keys::ed25519}}) {
    auto provider = a_provider();
    for (auto pem : {test_keys::p256, test_keys::p384, test_keys::ed25519})
      provider.signing_keys.push_back(a_key(pem));
    Client client = a_back_client();
    client.id_token_signed_response_alg = row.algorithm;
    const auto token = granted(write_logout_token(provider, client, some_claims()));
    const auto parsed = jose::verify(token, {&provider.signing_keys.front()}, row.algorithm);
    EXPECT_TRUE(parsed || row.pem != test_keys::rsa_2048);
    EXPECT_EQ(string_member(read(token, public_half(row.pem), row.algorithm).claims.get(), "sid"), "sid-1");
  }
}

TEST(LogoutToken, is_signed_with_the_client_secret_for_hmac) {
  for (auto algorithm : {Algorithm::HS256, Algorithm::HS384, Algorithm::HS512}) {
    Client client = a_back_client();
    client.id_token_signed_response_alg = algorithm;
    client.secret = granted(jose::Key::from_secret(secret));
    const auto token = granted(write_logout_token(a_provider(), client, some_claims()));
    const auto parsed = read(token, *client.secret, algorithm);
    EXPECT_FALSE(has_member(parsed.header.get(), "kid"));
    EXPECT_EQ(string_member(parsed.claims.get(), "sub"), "alice");
  }
}

TEST(LogoutToken, is_not_written_without_a_key_that_fits) {
  Client client = a_back_client();
  client.id_token_signed_response_alg = Algorithm::ES384;
  EXPECT_EQ(refusal_of(a_provider(), client, some_claims()),
            (Refusal{Fault::key_unusable, "no signing key for ES384"}));
  client.id_token_signed_response_alg = Algorithm::HS256;
  EXPECT_EQ(refusal_of(a_provider(), client, some_claims()),
            (Refusal{Fault::key_unusable, "no signing key for HS256"}));
  client.id_token_signed_response_alg = Algorithm::HS512;
  client.secret = granted(jose::Key::from_secret(std::string(32, 's')));  // too short for HS512
  EXPECT_EQ(refusal_of(a_provider(), client, some_claims()),
            (Refusal{Fault::key_unusable, "the key does not fit HS512"}));
}

Client encrypting_client(std::string_view alg, std::string_view keys) {
  Client client = a_back_client();
  client.id_token_encrypted_response_alg = alg;
  client.id_token_encrypted_response_enc = "A128CBC-HS256";
  client.jwks = granted(jose::KeySet::parse("{\"keys\":[" + std::string(keys) + "]}"));
  return client;
}

TEST(LogoutToken, is_signed_then_encrypted_where_the_client_registered_so) {
  const std::string decoy = dump_json(a_key(test_keys::other_rsa_2048).public_jwk().get());  // use: sig
  for (auto [alg, jwk, pem] : {std::tuple{"RSA-OAEP", test_keys::client_rsa_jwk, test_keys::client_rsa_2048},
                               {"ECDH-ES", test_keys::client_p256_jwk, test_keys::client_p256}}) {
    const Client client = encrypting_client(alg, decoy + "," + std::string(jwk));
    const auto token = granted(write_logout_token(a_provider(), client, some_claims()));
    ASSERT_TRUE(jose::is_encrypted(token));
    const auto header = granted(parse_json(*from_base64url(token.substr(0, token.find('.')))));
    EXPECT_EQ(string_member(header.get(), "iss"), "https://sso.example.com");
    EXPECT_EQ(string_member(header.get(), "cty"), "JWT");
    EXPECT_EQ(string_member(header.get(), "alg"), alg);
    EXPECT_EQ(string_member(header.get(), "enc"), "A128CBC-HS256");

    auto own = a_key(pem);
    own.set_kid(string_member(header.get(), "kid").value_or("none"));
    const auto inner = granted(jose::decrypt(token, {&own}, {alg}));
    const auto parsed = read(inner, public_half(test_keys::rsa_2048), Algorithm::RS256);
    EXPECT_EQ(string_member(parsed.header.get(), "typ"), "logout+jwt");
    EXPECT_EQ(string_member(parsed.claims.get(), "sid"), "sid-1");
  }
}

TEST(LogoutToken, is_encrypted_with_what_the_client_secret_stands_for) {
  for (auto alg : {"dir", "A128KW", "A256KW"}) {
    Client client = encrypting_client(alg, "");
    client.secret = granted(jose::Key::from_secret(secret));
    const auto token = granted(write_logout_token(a_provider(), client, some_claims()));
    const auto key = granted(jose::encryption_key_of(*client.secret, alg, "A128CBC-HS256"));
    const auto inner = granted(jose::decrypt(token, {&key}, {alg}));
    EXPECT_EQ(
        string_member(read(inner, public_half(test_keys::rsa_2048), Algorithm::RS256).claims.get(), "sub"),
        "alice");
  }
}

TEST(LogoutToken, prefers_a_key_that_is_meant_for_encryption) {
  auto unmarked = a_key(test_keys::other_rsa_2048).public_jwk();
  json_object_del(unmarked.get(), "use");
  const auto kid_for = [](std::string_view keys) {
    const auto token =
        granted(write_logout_token(a_provider(), encrypting_client("RSA-OAEP", keys), some_claims()));
    const auto header = granted(parse_json(*from_base64url(token.substr(0, token.find('.')))));
    return string_member(header.get(), "kid").value_or("");
  };
  const auto other = dump_json(unmarked.get());
  EXPECT_EQ(kid_for(other + "," + std::string(test_keys::client_rsa_jwk)), "enc-rsa");
  EXPECT_EQ(kid_for(other), a_key(test_keys::other_rsa_2048).kid());
}

TEST(LogoutToken, is_never_sent_in_the_clear_for_want_of_an_encryption_key) {
  const Client client = encrypting_client("RSA-OAEP", std::string(test_keys::client_p256_jwk));
  EXPECT_EQ(refusal_of(a_provider(), client, some_claims()),
            (Refusal{Fault::key_unusable, "the client has no key for RSA-OAEP with A128CBC-HS256"}));
  Client with_secret = encrypting_client("RSA-OAEP", "");
  with_secret.secret = granted(jose::Key::from_secret(secret));
  EXPECT_EQ(refusal_of(a_provider(), with_secret, some_claims()).fault, Fault::key_unusable);
}

}  // namespace slo::logout_token_test
