// SPDX-License-Identifier: BSD-2-Clause
// Which keys are taken, which are not and why, and what a key says of itself.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "core/jose/jose.h"
#include "t/core/jose/test_keys.h"
#include "t/core/jose/vectors.h"
#include "t/harness/test_keys.h"

namespace slo::jose_key_test {

using jose::Algorithm;
using jose::Key;
using jose::KeySet;

constexpr std::array all_algorithms{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256,
                                    Algorithm::PS384, Algorithm::PS512, Algorithm::ES256, Algorithm::ES384,
                                    Algorithm::ES512, Algorithm::HS256, Algorithm::HS384, Algorithm::HS512,
                                    Algorithm::EdDSA};

std::string refusal_of(const Outcome<Key>& key) {
  if (key) return "accepted";
  EXPECT_EQ(key.error().fault, Fault::key_unusable);
  return key.error().detail;
}

Outcome<Key> from_jwk(std::string_view text) { return Key::from_jwk(parse_json(text)->get()); }

std::string fitting(const Key& key) {
  std::string names;
  for (auto algorithm : all_algorithms) {
    if (key.fits(algorithm)) names += std::string(names.empty() ? "" : " ") + std::string(name_of(algorithm));
  }
  return names;
}

std::string fitting_jwk(std::string_view text) {
  auto key = from_jwk(text);
  return key ? fitting(*key) : "refused: " + key.error().detail;
}

// `jwk` with more members.
std::string with(std::string_view jwk, std::string_view members) {
  return std::string(jwk.substr(0, jwk.size() - 1)) + ", " + std::string(members) + "}";
}

TEST(JoseAlgorithm, has_one_name_each_and_no_none) {
  for (auto algorithm : all_algorithms) EXPECT_EQ(jose::read_algorithm(name_of(algorithm)), algorithm);
  for (auto name : {"none", "None", "", "rs256", "RS256 ", "ES256K", "HS1"}) {
    EXPECT_EQ(jose::read_algorithm(name), std::nullopt) << name;
  }
  EXPECT_TRUE(is_symmetric(Algorithm::HS384));
  EXPECT_FALSE(is_symmetric(Algorithm::PS384));
}

TEST(Algorithms, are_slow_where_a_signature_takes_a_good_part_of_a_millisecond) {
  using enum Algorithm;
  std::vector<Algorithm> slow;
  for (const auto algorithm :
       {RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, HS256, HS384, HS512, EdDSA}) {
    if (is_slow_to_sign(algorithm)) slow.push_back(algorithm);
  }
  EXPECT_EQ(slow, (std::vector{RS256, RS384, RS512, PS256, PS384, PS512, ES384, ES512}));
}

TEST(JosePem, reads_every_kind_of_private_key_and_knows_what_it_can_do) {
  struct Row {
    std::string_view pem;
    Algorithm natural;
    std::string_view fits;
  };
  for (const auto& row :
       {Row{test_keys::rsa_2048, Algorithm::RS256, "RS256 RS384 RS512 PS256 PS384 PS512"},
        Row{test_keys::p256, Algorithm::ES256, "ES256"}, Row{test_keys::p384, Algorithm::ES384, "ES384"},
        Row{jose_test_keys::p521, Algorithm::ES512, "ES512"},
        Row{test_keys::ed25519, Algorithm::EdDSA, "EdDSA"}}) {
    auto key = Key::from_pem(row.pem);
    ASSERT_TRUE(key) << key.error().detail;
    EXPECT_EQ(fitting(*key), row.fits);
    EXPECT_EQ(key->natural_algorithm(), row.natural);
    EXPECT_TRUE(key->is_private());
    EXPECT_FALSE(key->is_for_encryption());
    EXPECT_EQ(key->own_algorithm(), std::nullopt);
    EXPECT_EQ(key->kid().size(), 43u);
  }
}

TEST(JosePem, finds_the_same_key_in_pkcs8_and_in_the_older_forms) {
  EXPECT_EQ(Key::from_pem(jose_test_keys::rsa_2048_pkcs1)->kid(), Key::from_pem(test_keys::rsa_2048)->kid());
  EXPECT_EQ(Key::from_pem(jose_test_keys::p256_sec1)->kid(), Key::from_pem(test_keys::p256)->kid());
  EXPECT_EQ(Key::from_pem(jose_test_keys::p256_sec1)->secret_digest("x"),
            Key::from_pem(test_keys::p256)->secret_digest("x"));
}

TEST(JosePem, says_why_it_refuses_a_key) {
  EXPECT_EQ(refusal_of(Key::from_pem(test_keys::rsa_1024)),
            "RSA key of 1024 bits, at least 2048 is required");
  EXPECT_EQ(refusal_of(Key::from_pem("")), "no PEM private key found");
  EXPECT_EQ(refusal_of(Key::from_pem("not a key")), "no PEM private key found");
  EXPECT_EQ(refusal_of(Key::from_pem(test_keys::rsa_2048.substr(0, 400))), "no PEM private key found");
  EXPECT_EQ(refusal_of(Key::from_pem(jose_test_keys::secp256k1)),
            "EC key on the curve \"secp256k1\"; P-256, P-384 or P-521 is required");
  EXPECT_EQ(refusal_of(Key::from_pem(jose_test_keys::x25519)),
            "key of type X25519; RSA, P-256, P-384, P-521 or Ed25519 is required");
  EXPECT_EQ(refusal_of(Key::from_pem(jose_test_keys::rsa_pss)),
            "key of type RSA-PSS; RSA, P-256, P-384, P-521 or Ed25519 is required");
}

TEST(JosePem, names_what_was_given_for_a_private_key) {
  const auto reason = [](std::string_view text) {
    return refusal_of(Key::from_pem(text)).substr(std::string_view("no PEM private key found: ").size());
  };
  EXPECT_EQ(reason(jose_test_keys::p256_public),
            "this is a public key, name the file of the private key that belongs to it");
  EXPECT_EQ(reason("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            "this is a certificate, name the file of the private key that belongs to it");
  EXPECT_EQ(reason("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"),
            "this is a key of OpenSSH, convert it with \"ssh-keygen -p -m PKCS8\"");
  EXPECT_EQ(reason(" {\"kty\":\"RSA\"}"), "this is JSON, perhaps a JWK; convert it to PEM");
  EXPECT_EQ(reason("\x30\x82\x04"), "this is DER, convert it with \"openssl pkey -inform DER\"");
}

TEST(JosePem, refuses_an_encrypted_key_without_asking_for_its_passphrase) {
  const std::string_view reason = "the PEM private key is encrypted, one without a passphrase is required";
  EXPECT_EQ(refusal_of(Key::from_pem(jose_test_keys::p256_encrypted)), reason);
  EXPECT_EQ(refusal_of(Key::from_pem(jose_test_keys::p256_sec1_encrypted)), reason);
}

TEST(JoseKey, leaves_nothing_in_openssls_error_queue) {
  ERR_clear_error();
  EXPECT_FALSE(Key::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(from_jwk(R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})"));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(JoseKey, keeps_the_errors_that_others_left_in_openssls_queue) {
  ERR_clear_error();
  ERR_put_error(ERR_LIB_USER, 0, 7, "elsewhere", 1);
  EXPECT_FALSE(Key::from_pem("nothing"));
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 7);
  EXPECT_EQ(ERR_get_error(), 0u);
}

TEST(JoseKey, is_called_by_its_thumbprint_unless_it_has_a_name) {
  auto key = from_jwk(jose_vectors::rfc7638_key);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kid(), "2011-04-29");
  auto nameless = parse_json(jose_vectors::rfc7638_key);
  json_object_del(nameless->get(), "kid");
  EXPECT_EQ(Key::from_jwk(nameless->get())->kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  // RFC 8037, A.3
  EXPECT_EQ(from_jwk(jose_vectors::rfc8037_a1_key)->kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  key->set_kid("mine");
  EXPECT_EQ(key->kid(), "mine");
  EXPECT_EQ(string_member(key->public_jwk().get(), "kid"), "mine");
}

TEST(JoseKey, publishes_the_public_half_only) {
  auto key = from_jwk(jose_vectors::rfc7515_a3_key);
  EXPECT_EQ(dump_json(key->public_jwk().get()),
            R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",)"
            R"("kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","use":"sig"})");
  EXPECT_EQ(dump_json(from_jwk(jose_vectors::rfc8037_a1_key)->public_jwk().get()),
            R"({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)"
            R"("kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig"})");
  for (auto pem : {test_keys::rsa_2048, test_keys::p384, test_keys::ed25519}) {
    const auto jwk = Key::from_pem(pem)->public_jwk();
    for (auto name : {"d", "p", "q", "dp", "dq", "qi", "k"})
      EXPECT_FALSE(has_member(jwk.get(), name)) << name;
    const auto again = Key::from_jwk(jwk.get());
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_private());
    EXPECT_EQ(again->kid(), Key::from_pem(pem)->kid());
  }
  EXPECT_EQ(dump_json(Key::from_secret(std::string(32, 's'))->public_jwk().get()),
            R"({"kty":"oct","use":"sig"})");
}

TEST(JoseKey, digests_its_private_half_only_and_by_label) {
  const auto key = Key::from_pem(test_keys::p256);
  const auto digest = key->secret_digest("tickets");
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(Key::from_pem(test_keys::p256)->secret_digest("tickets"), digest);
  EXPECT_NE(key->secret_digest("cookies"), digest);
  EXPECT_NE(Key::from_pem(test_keys::p384)->secret_digest("tickets"), digest);
  EXPECT_NE(Key::from_secret(std::string(32, 'a'))->secret_digest("tickets"),
            Key::from_secret(std::string(32, 'b'))->secret_digest("tickets"));
  EXPECT_EQ(Key::from_jwk(key->public_jwk().get())->secret_digest("tickets"), "");
}

TEST(JoseSecret, is_at_least_32_bytes_and_fits_the_hashes_it_is_long_enough_for) {
  EXPECT_EQ(refusal_of(Key::from_secret("")), "symmetric key of 0 bytes, at least 32 are required");
  EXPECT_EQ(refusal_of(Key::from_secret(std::string(31, 'x'))),
            "symmetric key of 31 bytes, at least 32 are required");
  EXPECT_EQ(fitting(*Key::from_secret(std::string(32, '\0'))), "HS256");
  EXPECT_EQ(fitting(*Key::from_secret(std::string(47, 'x'))), "HS256");
  EXPECT_EQ(fitting(*Key::from_secret(std::string(48, 'x'))), "HS256 HS384");
  EXPECT_EQ(fitting(*Key::from_secret(std::string(64, '\xff'))), "HS256 HS384 HS512");
  const auto key = Key::from_secret(std::string(32, 'x'));
  EXPECT_EQ(key->kid(), "");
  EXPECT_EQ(key->natural_algorithm(), Algorithm::HS256);
  EXPECT_TRUE(key->is_private());
}

TEST(JoseJwk, fits_only_what_its_own_alg_use_and_key_ops_allow) {
  const auto ec = jose_vectors::rfc7515_a3_key;
  EXPECT_EQ(fitting_jwk(ec), "ES256");
  EXPECT_EQ(fitting_jwk(with(ec, R"("alg":"ES256","use":"sig","key_ops":["sign"])")), "ES256");
  EXPECT_EQ(fitting_jwk(with(ec, R"("key_ops":["verify"])")), "ES256");
  EXPECT_EQ(fitting_jwk(with(ec, R"("use":"enc")")), "");
  EXPECT_EQ(fitting_jwk(with(ec, R"("alg":"ES384")")), "");
  EXPECT_EQ(fitting_jwk(with(ec, R"("alg":"ECDH-ES")")), "");
  EXPECT_EQ(fitting_jwk(with(ec, R"("key_ops":["deriveKey"])")), "");
  EXPECT_EQ(fitting_jwk(with(ec, R"("key_ops":[])")), "");
  EXPECT_EQ(fitting_jwk(jose_vectors::rfc7515_a2_key), "RS256 RS384 RS512 PS256 PS384 PS512");
  EXPECT_EQ(fitting_jwk(jose_vectors::rfc7638_key), "RS256");
  EXPECT_EQ(from_jwk(jose_vectors::rfc7638_key)->own_algorithm(), Algorithm::RS256);
  EXPECT_EQ(from_jwk(with(jose_vectors::rfc7515_a2_key, R"("alg":"PS384")"))->natural_algorithm(),
            Algorithm::PS384);
  EXPECT_TRUE(from_jwk(with(ec, R"("use":"enc")"))->is_for_encryption());
}

TEST(JoseJwk, refuses_what_is_no_key) {
  const std::string_view type = "a JWK must be RSA, P-256, P-384, P-521, Ed25519 or oct";
  const std::string_view members = "the members of the JWK make no valid key";
  EXPECT_EQ(refusal_of(from_jwk("[]")), "a JWK must be an object");
  EXPECT_EQ(refusal_of(from_jwk("{}")), type);
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})")), type);
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"OKP","crv":"X25519","x":"AA"})")), type);
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"RSA"})")), members);
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"RSA","n":5,"e":"AQAB"})")), members);
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"oct"})")), "a symmetric JWK needs the member \"k\" in base64url");
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"oct","k":"c2hvcnQ"})")), "symmetric key of less than 16 bytes");
  EXPECT_EQ(refusal_of(from_jwk(with(jose_vectors::rfc7515_a2_key, R"("oth":[])"))),
            "RSA key of more than two primes");
}

TEST(JoseJwk, refuses_base64_that_would_abort_or_confuse_cjose) {
  for (auto bad : {"A===", "AQ=B", "AQAB=", "AQ+B", "AQAB\\n", "AR"}) {
    auto jwk = parse_json(jose_vectors::rfc7515_a3_key);
    json_object_set_new(jwk->get(), "x", json_string(bad));
    EXPECT_EQ(refusal_of(Key::from_jwk(jwk->get())), "the members of the JWK make no valid key") << bad;
  }
  EXPECT_EQ(refusal_of(from_jwk(R"({"kty":"oct","k":"A==="})")),
            "a symmetric JWK needs the member \"k\" in base64url");
}

TEST(JoseJwk, refuses_points_off_the_curve_and_halves_that_do_not_match) {
  auto off_curve = parse_json(jose_vectors::rfc7515_a3_key);
  json_object_del(off_curve->get(), "d");
  json_object_set_new(off_curve->get(), "y", json_string("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a8"));
  EXPECT_EQ(refusal_of(Key::from_jwk(off_curve->get())), "the members of the JWK make no valid key");

  auto other_d = parse_json(jose_vectors::rfc7515_a3_key);
  json_object_set_new(other_d->get(), "d", json_string("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LA"));
  EXPECT_EQ(refusal_of(Key::from_jwk(other_d->get())),
            "the private and the public half of the key do not match");

  auto other_x = parse_json(jose_vectors::rfc8037_a1_key);
  json_object_set_new(other_x->get(), "x", json_string("21qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  EXPECT_EQ(refusal_of(Key::from_jwk(other_x->get())), "the members of the JWK make no valid key");

  for (auto exponent : {"AQ", "AAEAAA", "Ag"}) {  // 1, 65536, 2
    auto weak = parse_json(jose_vectors::rfc7638_key);
    json_object_set_new(weak->get(), "e", json_string(exponent));
    EXPECT_EQ(refusal_of(Key::from_jwk(weak->get())), "the members of the JWK make no valid key") << exponent;
  }
}

TEST(JoseKeySet, takes_what_it_can_use_and_counts_what_it_leaves_out) {
  auto published = [](std::string_view pem) { return dump_json(Key::from_pem(pem)->public_jwk().get()); };
  const std::string text =
      "{\"keys\":[" + published(test_keys::rsa_2048) + "," + published(test_keys::other_rsa_2048) + "," +
      published(test_keys::p256) + "," + published(test_keys::client_p256) + "," +
      published(test_keys::ed25519) +
      R"(,{"kty":"EC","crv":"secp256k1","use":"sig","x":"AA","y":"AA"},{"kty":"OKP","crv":"X25519","x":"AA"},)" +
      std::string(test_keys::client_rsa_jwk) +
      R"(,{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"},)" +
      R"(7,null,"x",[],{},{"kty":"RSA","n":"AQAB","e":"AQAB"}]})";
  const auto set = KeySet::parse(text);
  ASSERT_TRUE(set) << set.error().detail;
  std::string fits;
  for (const auto& key : set->keys()) fits += "[" + fitting(key) + "]";
  EXPECT_EQ(
      fits,
      "[RS256 RS384 RS512 PS256 PS384 PS512][RS256 RS384 RS512 PS256 PS384 PS512][ES256][ES256][EdDSA][]");
  EXPECT_EQ(set->left_out(), 9u);
}

TEST(JoseKeySet, refuses_a_document_that_is_no_key_set) {
  auto refusal = [](std::string_view text) {
    auto set = KeySet::parse(text);
    if (set) return std::string("accepted");
    EXPECT_EQ(set.error().fault, Fault::key_unusable);
    return set.error().detail;
  };
  EXPECT_EQ(refusal("{\"keys\":"), "no JWK set: 1:8: unexpected token");
  EXPECT_EQ(refusal("[]"), "no JWK set: the member \"keys\" must be an array");
  EXPECT_EQ(refusal("{\"keys\":{}}"), "no JWK set: the member \"keys\" must be an array");
  EXPECT_EQ(refusal("{\"keys\":[],\"keys\":[]}").substr(0, 14), "no JWK set: 1:");
  EXPECT_EQ(refusal("{\"keys\":[]}"), "accepted");
  EXPECT_EQ(refusal(" \n"), "no JWK set: the file is empty");
  EXPECT_EQ(refusal("-----BEGIN PUBLIC KEY-----\nMIIB"),
            "no JWK set: this looks like PEM, make a JWK set of it");
  EXPECT_EQ(refusal("<!DOCTYPE html>"),
            "no JWK set: this looks like HTML, perhaps an error page that was saved");
  EXPECT_EQ(refusal("{\"kty\":\"RSA\",\"n\":\"\"}"),
            "no JWK set: this is a single JWK, write {\"keys\": [ and ]} around it");
}

}  // namespace slo::jose_key_test
