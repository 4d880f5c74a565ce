// SPDX-License-Identifier: BSD-2-Clause
// Keys go by the names under which clients look them up.
#include "core/op/key_names.h"

#include <gtest/gtest.h>

#include "core/delivery/logout_token.h"
#include "t/harness/builders.h"

namespace slo::key_names_test {

using jose::Algorithm;

// A JWK set of the public half of `pem`, once for each of `words`: members that are set, or with null taken
// out.
struct Entry {
  std::string_view pem;
  std::string_view words;
};

Json entry_of(const Entry& entry) {
  Json jwk = a_key(entry.pem).public_jwk();
  const Json words = granted(parse_json(entry.words));
  const char* name = nullptr;
  json_t* value = nullptr;
  json_object_foreach(words.get(), name, value) {
    if (json_is_null(value)) {
      json_object_del(jwk.get(), name);
    } else {
      json_object_set(jwk.get(), name, value);
    }
  }
  return jwk;
}

jose::KeySet published(std::initializer_list<Entry> entries) {
  Json keys(json_array());
  for (const Entry& entry : entries) json_array_append_new(keys.get(), entry_of(entry).release());
  const Json set(json_pack("{s:O}", "keys", keys.get()));
  return granted(jose::KeySet::parse(dump_json(set.get())));
}

Provider provider_with(std::initializer_list<std::string_view> pems, std::initializer_list<Entry> entries) {
  Provider provider = a_provider();
  provider.signing_keys.clear();
  for (const auto pem : pems) provider.signing_keys.push_back(a_key(pem));
  provider.keys = published(entries);
  return provider;
}

Provider named(Provider provider) {
  name_keys(provider);
  return provider;
}

// The `kid` of the logout token that app-a gets: "-" where it has none.
std::string kid_sent(const Provider& provider, Algorithm algorithm = Algorithm::RS256) {
  Client client = a_back_client();
  client.id_token_signed_response_alg = algorithm;
  const LogoutTokenClaims claims{.sub = Subject{"alice"}, .jti = Jti{"j"}, .issued = login_time};
  const auto token = granted(write_logout_token(provider, client, claims));
  return string_member(granted(peek(token)).header.get(), "kid").value_or("-");
}

const std::string thumbprint = a_key().kid();

TEST(KeyNames, are_those_of_the_published_key_with_the_same_public_half) {
  for (const auto pem : {test_keys::rsa_2048, test_keys::p256, test_keys::p384, test_keys::ed25519}) {
    const Provider provider = named(provider_with(
        {pem}, {{test_keys::other_rsa_2048, R"({"kid":"other"})"}, {pem, R"({"kid":"of-the-op"})"}}));
    EXPECT_EQ(provider.signing_keys[0].kid(), "of-the-op");
    EXPECT_EQ(kid_sent(provider, provider.signing_keys[0].natural_algorithm()), "of-the-op");
  }
}

TEST(KeyNames, are_thumbprints_where_nobody_publishes_the_key) {
  EXPECT_EQ(kid_sent(named(provider_with({test_keys::rsa_2048}, {}))), thumbprint);
  EXPECT_EQ(
      kid_sent(named(provider_with({test_keys::rsa_2048}, {{test_keys::other_rsa_2048, R"({"kid":"x"})"}}))),
      thumbprint);
}

TEST(KeyNames, are_none_where_the_key_is_published_without_a_name) {
  const Provider provider =
      named(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":null})"}}));
  EXPECT_EQ(kid_sent(provider), "-");
  EXPECT_FALSE(has_member(json_array_get(json_object_get(published_keys(provider).get(), "keys"), 0), "kid"));
  EXPECT_TRUE(check(provider));
}

TEST(KeyNames, leave_what_the_operator_says) {
  Provider provider = provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"of-the-op"})"}});
  provider.signing_keys[0].set_kid("mine");
  EXPECT_EQ(kid_sent(named(std::move(provider))), "mine");
}

TEST(KeyNames, are_the_first_of_several) {
  EXPECT_EQ(
      kid_sent(named(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"one"})"},
                                                           {test_keys::rsa_2048, R"({"kid":"two"})"}}))),
      "one");
}

TEST(KeyNames, are_not_those_of_an_entry_for_encryption) {
  for (const auto* words : {R"({"kid":"enc","use":"enc"})", R"({"kid":"enc","use":null,"alg":"RSA-OAEP"})",
                            R"({"kid":"enc","use":null,"key_ops":["encrypt"]})"}) {
    EXPECT_EQ(
        kid_sent(named(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, words},
                                                             {test_keys::rsa_2048, R"({"kid":"sig"})"}}))),
        "sig");
  }
}

TEST(KeyNames, follow_the_algorithm_where_the_key_has_one_for_each) {
  const Provider provider =
      named(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"rs","alg":"RS256"})"},
                                                  {test_keys::rsa_2048, R"({"kid":"ps","alg":"PS256"})"}}));
  EXPECT_EQ(kid_sent(provider, Algorithm::RS256), "rs");
  EXPECT_EQ(kid_sent(provider, Algorithm::PS256), "ps");
  const auto keys = granted(jose::KeySet::parse(dump_json(published_keys(provider).get())));
  ASSERT_EQ(keys.keys().size(), 2U);
  EXPECT_EQ(keys.keys()[0].kid(), "rs");
  EXPECT_EQ(keys.keys()[1].kid(), "ps");
}

TEST(KeyNames, tell_which_of_two_keys_is_for_the_algorithm) {
  const Provider provider =
      named(provider_with({test_keys::rsa_2048, test_keys::other_rsa_2048},
                          {{test_keys::rsa_2048, R"({"kid":"rs","alg":"RS256"})"},
                           {test_keys::other_rsa_2048, R"({"kid":"ps","alg":"PS256"})"}}));
  EXPECT_EQ(kid_sent(provider, Algorithm::RS256), "rs");
  EXPECT_EQ(kid_sent(provider, Algorithm::PS256), "ps");
  EXPECT_EQ(kid_sent(provider, Algorithm::PS384), "rs");
}

TEST(KeyNames, of_each_of_two_signing_keys_are_its_own) {
  const Provider provider =
      named(provider_with({test_keys::rsa_2048, test_keys::p256},
                          {{test_keys::p256, R"({"kid":"ec"})"}, {test_keys::rsa_2048, R"({"kid":"rsa"})"}}));
  EXPECT_EQ(kid_sent(provider), "rsa");
  EXPECT_EQ(kid_sent(provider, Algorithm::ES256), "ec");
}

TEST(KeyNames, may_be_one_for_keys_of_two_kinds_if_the_op_says_so) {
  const std::initializer_list<Entry> same{{test_keys::p256, R"({"kid":"k"})"},
                                          {test_keys::rsa_2048, R"({"kid":"k"})"}};
  EXPECT_TRUE(check(named(provider_with({test_keys::rsa_2048, test_keys::p256}, same))));
  const auto twice = check(named(provider_with({test_keys::rsa_2048, test_keys::rsa_2048}, same)));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().detail, "\"signing_key\" \"k\" stands twice: give each key a kid of its own");
}

TEST(KeyNames, are_given_to_decryption_keys_as_well) {
  Provider provider =
      provider_with({test_keys::rsa_2048}, {{test_keys::client_rsa_2048, R"({"kid":"sig","use":"sig"})"},
                                            {test_keys::client_rsa_2048, R"({"kid":"enc","use":"enc"})"}});
  provider.decryption_keys.push_back(a_key(test_keys::client_rsa_2048));
  EXPECT_EQ(named(std::move(provider)).decryption_keys[0].kid(), "enc");
}

std::vector<KeyWarning> warnings_of(Provider provider) { return warn_of_names(named(std::move(provider))); }

TEST(KeyNames, are_no_news_where_clients_find_the_key) {
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048}, {})), std::vector<KeyWarning>{});
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"k"})"}})),
            std::vector<KeyWarning>{});
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":null})"}})),
            std::vector<KeyWarning>{});
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048},
                                      {{test_keys::rsa_2048, R"({"kid":"rs","alg":"RS256"})"},
                                       {test_keys::rsa_2048, R"({"kid":"ps","alg":"PS256"})"}})),
            std::vector<KeyWarning>{});
}

TEST(KeyNames, warn_of_a_key_that_nobody_publishes) {
  const std::vector<KeyWarning> expected{
      {0, "is not in \"jwks\": clients that know only the OP's keys will refuse the logout tokens"}};
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048}, {{test_keys::other_rsa_2048, "{}"}})), expected);
  EXPECT_EQ(warnings_of(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"use":"enc"})"}})),
            expected);
}

TEST(KeyNames, warn_only_of_keys_that_sign_logout_tokens) {
  Provider provider = provider_with({test_keys::p256, test_keys::rsa_2048}, {{test_keys::rsa_2048, "{}"}});
  EXPECT_EQ(warnings_of(std::move(provider)), std::vector<KeyWarning>{});
  provider = provider_with({test_keys::rsa_2048}, {{test_keys::other_rsa_2048, "{}"}});
  provider.clients = {};
  EXPECT_EQ(warnings_of(std::move(provider)), std::vector<KeyWarning>{});
}

TEST(KeyNames, warn_of_a_kid_that_contradicts_the_key_set) {
  Provider provider = provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"of-the-op"})"}});
  provider.signing_keys[0].set_kid("mine");
  EXPECT_EQ(warnings_of(std::move(provider)),
            (std::vector<KeyWarning>{{0,
                                      "has the kid \"mine\", but \"jwks\" holds the same key under the kid "
                                      "\"of-the-op\": clients that look it up will refuse the logout tokens; "
                                      "without \"kid=\" it would be used as it is published"}}));
  provider = provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":null})"}});
  provider.signing_keys[0].set_kid("mine");
  EXPECT_EQ(
      warnings_of(std::move(provider))[0].why,
      "has the kid \"mine\", but \"jwks\" holds the same key without a \"kid\": clients that look it up will "
      "refuse the logout tokens; without \"kid=\" it would be used as it is published");
}

TEST(KeyNames, say_which_of_several_is_taken) {
  const std::initializer_list<Entry> twice{{test_keys::rsa_2048, R"({"kid":"one"})"},
                                           {test_keys::rsa_2048, R"({"kid":"two"})"}};
  EXPECT_EQ(
      warnings_of(provider_with({test_keys::rsa_2048}, twice)),
      (std::vector<KeyWarning>{{0,
                                "stands in \"jwks\" more than once: logout tokens name it under the kid "
                                "\"one\", unless \"kid=\" says another"}}));
  Provider provider = provider_with({test_keys::rsa_2048}, twice);
  provider.signing_keys[0].set_kid("two");
  EXPECT_EQ(warnings_of(std::move(provider)), std::vector<KeyWarning>{});
}

TEST(KeyNames, warn_of_a_key_that_is_published_for_another_algorithm) {
  EXPECT_EQ(
      warnings_of(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"alg":"PS256"})"}})),
      (std::vector<KeyWarning>{{0,
                                "signs RS256 logout tokens for client \"app-a\", but \"jwks\" says that it "
                                "is for PS256: clients that heed it will refuse them"}}));
}

TEST(KeyNames, are_no_concern_where_ours_are_added_to_the_key_set) {
  Provider unknown = provider_with({test_keys::rsa_2048}, {{test_keys::other_rsa_2048, "{}"}});
  Provider renamed = provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"of-the-op"})"}});
  renamed.signing_keys[0].set_kid("mine");
  for (Provider* provider : {&unknown, &renamed}) {
    provider->adds_keys_to_op = true;
    EXPECT_FALSE(signs_with_unpublished_key(*provider, a_back_client()));
    EXPECT_EQ(warnings_of(std::move(*provider)), std::vector<KeyWarning>{});
  }
}

TEST(KeyNames, know_whose_key_is_not_published) {
  const Provider peer_mismatch =
      named(provider_with({test_keys::rsa_2048}, {{test_keys::other_rsa_2048, "{}"}}));
  EXPECT_TRUE(signs_with_unpublished_key(peer_mismatch, a_back_client()));
  Client client = a_back_client();
  client.id_token_signed_response_alg = Algorithm::HS256;
  EXPECT_FALSE(signs_with_unpublished_key(peer_mismatch, client));
  EXPECT_FALSE(signs_with_unpublished_key(named(provider_with({test_keys::rsa_2048}, {})), a_back_client()));
  EXPECT_FALSE(signs_with_unpublished_key(
      named(provider_with({test_keys::rsa_2048}, {{test_keys::rsa_2048, R"({"kid":"x"})"}})),
      a_back_client()));
}

TEST(KeyNames, know_which_signing_keys_the_op_does_not_publish) {
  Provider provider = provider_with({test_keys::rsa_2048, test_keys::p256}, {});
  provider.signing_keys[0].set_kid("mine");
  const Provider published = provider_with({test_keys::p256}, {{test_keys::p256, R"({"kid":"x"})"}});
  Client es = a_back_client("es");
  es.id_token_signed_response_alg = Algorithm::ES256;
  enrol(provider, std::move(es));
  EXPECT_EQ(unpublished_signing_keys(provider, published.keys), std::vector<std::string>{"mine"});
  Provider silent = provider_with({test_keys::rsa_2048}, {});
  silent.clients = {};
  EXPECT_EQ(unpublished_signing_keys(silent, published.keys), std::vector<std::string>{})
      << "it signs for nobody";
  provider.adds_keys_to_op = true;
  EXPECT_EQ(unpublished_signing_keys(provider, published.keys), std::vector<std::string>{});
}

}  // namespace slo::key_names_test
