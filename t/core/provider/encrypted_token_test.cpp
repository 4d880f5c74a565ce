// SPDX-License-Identifier: BSD-2-Clause
// What was encrypted to us is opened once, with our keys alone.
#include "core/provider/encrypted_token.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::encrypted_token_test {

std::string sealed(const jose::Key& key, std::string_view plaintext) {
  return granted(jose::encrypt(key, "RSA-OAEP", "A256GCM", nullptr, plaintext));
}

TEST(EncryptedToken, is_opened_with_a_decryption_key) {
  Provider provider = a_provider();
  const std::string inside = an_id_token(provider, "{}");
  const std::string token = sealed(a_key(test_keys::other_rsa_2048), inside);
  const Refusal no_key{Fault::token_undecryptable, "no decryption key is configured"};
  EXPECT_EQ(check_encrypted(provider, token).error(), no_key);
  EXPECT_EQ(open_encrypted(provider, token).error(), no_key);
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  EXPECT_TRUE(check_encrypted(provider, token));
  EXPECT_EQ(open_encrypted(provider, token), inside);
  EXPECT_EQ(signed_token(provider, token), inside);
}

TEST(EncryptedToken, holds_a_signed_one) {
  Provider provider = a_provider();
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  const std::string twice = sealed(provider.decryption_keys[0], sealed(provider.decryption_keys[0], "x"));
  EXPECT_EQ(open_encrypted(provider, twice).error(), (Refusal{Fault::token_malformed, "encrypted twice"}));
}

TEST(EncryptedToken, is_left_alone_where_it_is_signed_only) {
  EXPECT_EQ(signed_token(a_provider(), "a.b.c"), "a.b.c");
}

}  // namespace slo::encrypted_token_test
