// SPDX-License-Identifier: BSD-2-Clause
// One spelling per value.
#include <gtest/gtest.h>

#include "core/text/base64url.h"

namespace slo::base64url_test {

TEST(Base64url, writes_and_reads_every_length_and_byte) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto text = base64url(bytes);
    EXPECT_EQ(text.size(), (bytes.size() * 4 + 2) / 3);
    EXPECT_EQ(from_base64url(text), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(base64url("\xfb\xff\xbf"), "-_-_");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("fooba"), "Zm9vYmE");
}

TEST(Base64url, refuses_padding_other_alphabets_and_blanks) {
  for (auto text :
       {"Zg==", "Zm8=", "Zm9v=", "Zm9v====", "+/+/", "Zm 9v", "Zm9v\n", "Zm9\xc3", "=", "A===", "Zm9v.A"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
}

TEST(Base64url, refuses_lengths_and_trailing_bits_that_nothing_encodes_to) {
  for (auto text : {"A", "Zm9vA", "Zh", "Zm9", "Zm-"}) EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  EXPECT_EQ(from_base64url("Zg"), "f");
  EXPECT_EQ(from_base64url("Zm8"), "fo");
  EXPECT_EQ(from_base64url(""), "");
}

}  // namespace slo::base64url_test
