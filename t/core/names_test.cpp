// SPDX-License-Identifier: BSD-2-Clause
// Names that may be stored, secrets that are only recognised.
#include "core/names.h"

#include <gtest/gtest.h>

#include <set>

#include "core/moment.h"
#include "t/harness/builders.h"

namespace slo::names_test {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

TEST(Names, stores_1_to_255_bytes_without_control_characters) {
  EXPECT_TRUE(is_storable("a"));
  EXPECT_TRUE(is_storable(" !\"#~"));
  EXPECT_TRUE(is_storable("J\xc3\xbcrgen"));
  EXPECT_TRUE(is_storable(std::string(255, 'x')));
  EXPECT_FALSE(is_storable(""));
  EXPECT_FALSE(is_storable(std::string(256, 'x')));
  for (char c = 0; c < 0x20; ++c) EXPECT_FALSE(is_storable(std::string("a") + c + "b")) << int{c};
  EXPECT_FALSE(is_storable("a\x7f"));
  EXPECT_FALSE(is_storable("a\xc2\x80"));
  EXPECT_FALSE(
      is_storable("a\xc2\x9f"
                  "b"));
  EXPECT_TRUE(is_storable("a\xc2\xa0"));
  EXPECT_TRUE(is_storable("\xc3\x80"));
}

// A logout token is JSON: it would name nobody.
TEST(Names, stores_nothing_that_is_no_utf8) {
  for (const char* name : {"J\xfcrgen", "\xc3", "\xed\xa0\x80", "a\xff"})
    EXPECT_FALSE(is_storable(name)) << name;
}

TEST(Names, tells_secrets_apart_in_eight_characters) {
  EXPECT_EQ(fingerprint("abc"), "ungWv48B");  // SHA-256 of "abc" begins ba7816bf8f01
  EXPECT_NE(fingerprint("abc"), fingerprint("abd"));
  EXPECT_EQ(fingerprint("").size(), 8U);
}

// RFC 4231, test case 2.
TEST(Names, digests_cookies_with_hmac_under_a_key) {
  EXPECT_EQ(hex(digest_cookie("Jefe", "what do ya want for nothing?").value),
            "5bdcc146bf60754e6a042426089575c7");
}

TEST(Names, digests_cookies_with_sha256_where_there_is_no_key) {
  EXPECT_EQ(hex(digest_cookie("", "abc").value), "ba7816bf8f01cfea414140de5dae2223");
}

TEST(Names, cuts_four_different_nonces_from_one_moment) {
  const Moment moment = a_moment();
  EXPECT_EQ(nonce(moment, 0), "AAcOFRwjKjE4P0ZNVFtiaQ");  // 00 07 0e … 69
  std::set<std::string> nonces;
  for (std::size_t which = 0; which < 4; ++which) {
    EXPECT_EQ(nonce(moment, which).size(), 22U);
    nonces.insert(nonce(moment, which));
  }
  EXPECT_EQ(nonces.size(), 4U);
  EXPECT_NE(nonce(a_moment({}, 1), 0), nonce(moment, 0));
}

}  // namespace slo::names_test
