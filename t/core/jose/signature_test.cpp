// SPDX-License-Identifier: BSD-2-Clause
// A signature is one number, or two, of one range each, padded in one way, for one key.
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "core/jose/internal.h"
#include "core/text/base64url.h"
#include "t/core/jose/test_keys.h"
#include "t/harness/test_keys.h"

namespace slo::jose_signature_test {

using jose::Algorithm;
using jose::Key;

struct NumberRelease {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, NumberRelease>;

Key key_of(std::string_view pem) { return *Key::from_pem(pem); }

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_in(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// The sum in as many bytes as `bytes` has; nullopt if it does not fit.
std::optional<std::string> sum(std::string_view bytes, const BIGNUM* more) {
  const Number whole = number_in(bytes);
  BN_add(whole.get(), whole.get(), more);
  std::string text(bytes.size(), '\0');
  if (BN_bn2binpad(whole.get(), bytes_of(text), static_cast<int>(text.size())) < 0) return std::nullopt;
  return text;
}

Number parameter_of(const Key& key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key.body().evp.get(), name, &number);
  return Number(number);
}

struct Signed {
  std::string bytes;
  std::string signature;
};

Signed sign(const Key& key, Algorithm algorithm, std::string_view payload = "{}") {
  const auto token = *jose::sign(key, algorithm, nullptr, payload);
  const auto dot = token.rfind('.');
  return {token.substr(0, dot), *from_base64url(token.substr(dot + 1))};
}

bool is_good(const Key& key, Algorithm algorithm, const Signed& it) {
  return jose::is_signed_by(key, algorithm, it.bytes, it.signature);
}

TEST(JoseSignature, refuses_numbers_that_equal_the_right_ones_only_by_the_order_of_the_curve) {
  // The order of P-521 leaves room in its 66 bytes; what was reduced first would pass.
  const Key key = key_of(jose_test_keys::p521);
  const Number order = parameter_of(key, OSSL_PKEY_PARAM_EC_ORDER);
  const Signed good = sign(key, Algorithm::ES512);
  ASSERT_TRUE(is_good(key, Algorithm::ES512, good));
  const auto r = good.signature.substr(0, 66), s = good.signature.substr(66);
  EXPECT_FALSE(is_good(key, Algorithm::ES512, {good.bytes, *sum(r, order.get()) + s}));
  EXPECT_FALSE(is_good(key, Algorithm::ES512, {good.bytes, r + *sum(s, order.get())}));
  EXPECT_FALSE(is_good(key, Algorithm::ES512, {good.bytes, *sum(r, order.get()) + *sum(s, order.get())}));
}

TEST(JoseSignature, refuses_zero_the_order_and_the_highest_number_for_r_and_for_s) {
  const Key key = key_of(test_keys::p256);
  const Number order = parameter_of(key, OSSL_PKEY_PARAM_EC_ORDER);
  const Signed good = sign(key, Algorithm::ES256);
  const auto r = good.signature.substr(0, 32), s = good.signature.substr(32);
  const std::string zero(32, '\0');
  for (const auto& bad : {zero, *sum(zero, order.get()), std::string(32, '\xff')}) {
    EXPECT_FALSE(is_good(key, Algorithm::ES256, {good.bytes, bad + s}));
    EXPECT_FALSE(is_good(key, Algorithm::ES256, {good.bytes, r + bad}));
    EXPECT_FALSE(is_good(key, Algorithm::ES256, {good.bytes, bad + bad}));
  }
}

TEST(JoseSignature, takes_numbers_that_begin_with_zeros_or_a_set_bit) {
  const Key key = key_of(test_keys::p256);
  int with_zero = 0, with_bit = 0;
  for (int i = 0; i < 20'000 && (with_zero < 3 || with_bit < 3); ++i) {
    const Signed good = sign(key, Algorithm::ES256);
    ASSERT_TRUE(is_good(key, Algorithm::ES256, good));
    if (good.signature[0] == '\0' || good.signature[32] == '\0') ++with_zero;
    if ((good.signature[0] & 0x80) != 0 && (good.signature[32] & 0x80) != 0) ++with_bit;
  }
  EXPECT_GE(with_zero, 3);
  EXPECT_GE(with_bit, 3);
}

TEST(JoseSignature, refuses_an_rsa_number_that_equals_the_right_one_only_by_the_modulus) {
  const Key key = key_of(test_keys::rsa_2048);
  const Number modulus = parameter_of(key, OSSL_PKEY_PARAM_RSA_N);
  int seen = 0;
  for (int i = 0; i < 1000 && seen < 2; ++i) {
    const Signed good = sign(key, Algorithm::RS256, "{\"i\":" + std::to_string(i) + "}");
    const auto higher = sum(good.signature, modulus.get());
    if (!higher) continue;
    ++seen;
    EXPECT_TRUE(is_good(key, Algorithm::RS256, good));
    EXPECT_FALSE(is_good(key, Algorithm::RS256, {good.bytes, *higher}));
  }
  EXPECT_EQ(seen, 2);
}

// Signs as no JOSE library does.
std::string sign_oddly(const Key& key, const EVP_MD* digest, const EVP_MD* mask, int salt,
                       std::string_view bytes) {
  const jose::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* terms = nullptr;
  EVP_DigestSignInit(context.get(), &terms, digest, nullptr, key.body().evp.get());
  EVP_PKEY_CTX_set_rsa_padding(terms, RSA_PKCS1_PSS_PADDING);
  EVP_PKEY_CTX_set_rsa_mgf1_md(terms, mask);
  EVP_PKEY_CTX_set_rsa_pss_saltlen(terms, salt);
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  EXPECT_EQ(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(bytes), bytes.size()), 1);
  signature.resize(size);
  return signature;
}

TEST(JoseSignature, takes_pss_with_the_salt_and_the_mask_of_its_digest_alone) {
  const Key key = key_of(test_keys::rsa_2048);
  const auto is_taken = [&](const EVP_MD* digest, const EVP_MD* mask, int salt) {
    return is_good(key, Algorithm::PS256, {"bytes", sign_oddly(key, digest, mask, salt, "bytes")});
  };
  EXPECT_TRUE(is_taken(EVP_sha256(), EVP_sha256(), 32));
  for (int salt : {0, 20, 31, 33, 64}) EXPECT_FALSE(is_taken(EVP_sha256(), EVP_sha256(), salt)) << salt;
  EXPECT_FALSE(is_taken(EVP_sha256(), EVP_sha1(), 32));
  EXPECT_FALSE(is_taken(EVP_sha256(), EVP_sha512(), 32));
  EXPECT_FALSE(is_taken(EVP_sha384(), EVP_sha384(), 32));
}

TEST(JoseSignature, is_of_one_algorithm_although_a_key_may_have_six) {
  const Key key = key_of(test_keys::rsa_2048);
  constexpr std::array all{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512,
                           Algorithm::PS256, Algorithm::PS384, Algorithm::PS512};
  for (int round = 0; round < 2; ++round) {  // what a key keeps for one of them is not another's
    for (const auto made : all) {
      const Signed good = sign(key, made);
      for (const auto asked : all) EXPECT_EQ(is_good(key, asked, good), asked == made);
    }
  }
}

TEST(JoseSignature, leaves_the_key_as_good_as_it_was_whatever_came) {
  for (const auto& [pem, algorithm] : {std::pair{test_keys::rsa_2048, Algorithm::RS256},
                                       {test_keys::rsa_2048, Algorithm::PS256},
                                       {test_keys::p256, Algorithm::ES256},
                                       {test_keys::ed25519, Algorithm::EdDSA}}) {
    const Key key = key_of(pem);
    const Signed good = sign(key, algorithm);
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(is_good(key, algorithm, {good.bytes + "x", good.signature}));
      EXPECT_FALSE(is_good(key, algorithm, {good.bytes, std::string(good.signature.size(), '\xff')}));
      EXPECT_FALSE(is_good(key, algorithm, {good.bytes, ""}));
      EXPECT_FALSE(is_good(key, algorithm, {"", good.signature}));
      EXPECT_TRUE(is_good(key, algorithm, good));
    }
  }
  ERR_clear_error();  // verify() does that for us
}

}  // namespace slo::jose_signature_test
