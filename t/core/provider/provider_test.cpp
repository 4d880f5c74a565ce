// SPDX-License-Identifier: BSD-2-Clause
// Keys find their clients.
#include "core/provider/provider.h"

#include <gtest/gtest.h>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "t/harness/builders.h"

namespace slo::provider_test {

using jose::Algorithm;

Provider signing_with(std::initializer_list<std::string_view> pems) {
  Provider provider = a_bare_provider();
  provider.signing_keys.clear();
  for (const auto pem : pems) provider.signing_keys.push_back(a_key(pem));
  return provider;
}

Client wanting(Algorithm algorithm) {
  Client client = a_back_client();
  client.id_token_signed_response_alg = algorithm;
  return client;
}

TEST(Provider, signs_with_rs256_where_it_can) {
  EXPECT_EQ(signing_with({}).default_algorithm(), Algorithm::RS256);
  EXPECT_EQ(signing_with({test_keys::rsa_2048}).default_algorithm(), Algorithm::RS256);
  EXPECT_EQ(signing_with({test_keys::p256, test_keys::rsa_2048}).default_algorithm(), Algorithm::RS256);
}

TEST(Provider, signs_with_what_its_first_key_does_where_none_is_rsa) {
  EXPECT_EQ(signing_with({test_keys::p384, test_keys::p256}).default_algorithm(), Algorithm::ES384);
  EXPECT_EQ(signing_with({test_keys::ed25519}).default_algorithm(), Algorithm::EdDSA);
}

TEST(Provider, signs_as_the_client_was_registered) {
  const Provider provider = signing_with({test_keys::rsa_2048});
  EXPECT_EQ(provider.algorithm_of(a_back_client()), Algorithm::RS256);
  EXPECT_EQ(provider.algorithm_of(wanting(Algorithm::PS384)), Algorithm::PS384);
}

TEST(Provider, picks_the_first_key_that_fits_the_client) {
  const Provider provider =
      signing_with({test_keys::p256, test_keys::rsa_2048, test_keys::other_rsa_2048, test_keys::ed25519});
  EXPECT_EQ(provider.signing_key_for(a_back_client()), &provider.signing_keys[1]);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::PS256)), &provider.signing_keys[1]);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::ES256)), &provider.signing_keys[0]);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::EdDSA)), &provider.signing_keys[3]);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::ES384)), nullptr);
}

TEST(Provider, signs_hs256_with_the_clients_secret) {
  const Provider provider = signing_with({test_keys::rsa_2048});
  Client client = wanting(Algorithm::HS256);
  EXPECT_EQ(provider.signing_key_for(client), nullptr);
  client.secret = granted(jose::Key::from_secret("0123456789abcdef0123456789abcdef"));
  EXPECT_EQ(provider.signing_key_for(client), &*client.secret);
}

TEST(Provider, finds_its_clients) {
  const Provider provider = a_provider();
  ASSERT_NE(provider.find(ClientId{"app-b"}), nullptr);
  EXPECT_EQ(provider.find(ClientId{"app-b"})->id, ClientId{"app-b"});
  EXPECT_EQ(provider.find(ClientId{"app-c"}), nullptr);
}

TEST(StoreTag, stands_for_the_issuer_in_six_characters) {
  EXPECT_EQ(store_tag(Issuer{"abc"}), "ungWv48Bz-pBQUDeXa4iI7");  // of its SHA-256
  EXPECT_NE(store_tag(Issuer{"https://sso.example.com"}), store_tag(Issuer{"https://sso.example.com/"}));
}

TEST(TicketSecret, is_the_signing_keys_on_every_host) {
  const std::string secret = derive_ticket_secret(signing_with({test_keys::rsa_2048}));
  EXPECT_EQ(secret.size(), 32U);
  EXPECT_EQ(secret, derive_ticket_secret(signing_with({test_keys::rsa_2048, test_keys::p256})));
  EXPECT_NE(secret, derive_ticket_secret(signing_with({test_keys::p256, test_keys::rsa_2048})));
}

TEST(TicketSecret, is_the_stores_where_nothing_signs) {
  Provider provider = signing_with({});
  EXPECT_EQ(base64url(derive_ticket_secret(provider)), "rPbJWUYiEN8g1xhhpYKvnRwqhSCZtm6MzyAGtZ08Rqo");
  provider.cookie_secret.clear();
  EXPECT_EQ(derive_ticket_secret(provider), "");
}

// Digests of cookies are stored, and anybody may choose a cookie's value.
TEST(TicketSecret, is_no_digest_of_any_cookie) {
  const Provider provider = signing_with({});
  const std::string secret = derive_ticket_secret(provider);
  for (const std::string_view cookie : {"slo confirmation ticket", "https://sso.example.com", ""}) {
    const std::string digest = digest_cookie(provider.cookie_secret, cookie).value;
    EXPECT_EQ(secret.find(digest), std::string::npos) << cookie;
    EXPECT_NE(hmac_sha256(provider.cookie_secret, cookie), secret) << cookie;
  }
}

// Otherwise sessions of before would be lost.
TEST(CookieDigests, are_what_they_were) {
  EXPECT_EQ(digest_cookie(a_bare_provider().cookie_secret, "c00kie").value,
            hmac_sha256("a secret that keys cookie digests", "c00kie").substr(0, 16));
}

TEST(PublishedKeys, are_the_public_halves_of_all_signing_keys) {
  const Provider provider = signing_with({test_keys::rsa_2048, test_keys::p256});
  const std::string published = dump_json(published_keys(provider).get());
  const jose::KeySet read_back = granted(jose::KeySet::parse(published));
  ASSERT_EQ(read_back.keys().size(), 2U);
  EXPECT_EQ(read_back.left_out(), 0U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read_back.keys()[i].kid(), provider.signing_keys[i].kid());
    EXPECT_FALSE(read_back.keys()[i].is_private());
  }
}

TEST(ShownKeys, are_published_behind_the_others_and_sign_nothing) {
  Provider provider = signing_with({test_keys::p256});
  provider.shown_keys.push_back(a_key(test_keys::rsa_2048));
  EXPECT_EQ(provider.default_algorithm(), Algorithm::ES256);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::RS256)), nullptr);
  EXPECT_EQ(provider.signing_key_for(wanting(Algorithm::ES256)), &provider.signing_keys[0]);
  const std::string secret = derive_ticket_secret(provider);
  EXPECT_EQ(secret, derive_ticket_secret(signing_with({test_keys::p256})));
  const auto keys = granted(jose::KeySet::parse(dump_json(published_keys(provider).get())));
  ASSERT_EQ(keys.keys().size(), 2U);
  EXPECT_EQ(keys.keys()[0].kid(), provider.signing_keys[0].kid());
  EXPECT_EQ(keys.keys()[1].kid(), provider.shown_keys[0].kid());
}

TEST(PublishedKeys, are_an_empty_set_where_nothing_signs) {
  EXPECT_EQ(dump_json(published_keys(signing_with({})).get()), R"({"keys":[]})");
}

}  // namespace slo::provider_test
