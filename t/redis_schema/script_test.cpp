// SPDX-License-Identifier: BSD-2-Clause
#include "redis_schema/script.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>

namespace slo::redis::script_test {

std::string sha1_hex(std::string_view body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(body.data(), body.size(), digest, &length, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

// EVALSHA after a fallback works only if the build's digest is that of the very bytes we send.
TEST(Script, has_the_digest_of_its_body) {
  for (const auto* script : all_scripts()) EXPECT_EQ(script->digest, sha1_hex(script->body)) << script->name;
}

TEST(Script, opens_with_its_name_keys_arguments_returns_and_promise) {
  for (const auto* script : all_scripts()) {
    EXPECT_TRUE(script->body.starts_with("-- SPDX-License-Identifier: BSD-2-Clause\n-- " +
                                         std::string(script->name) + ": "))
        << script->name;
    for (const auto* word : {"\n-- KEYS  ", "\n-- ARGV  ", "\n-- Returns ", "\n-- Promise: "}) {
      EXPECT_NE(script->body.find(word), std::string_view::npos) << script->name << word;
    }
  }
}

TEST(Script, is_listed_once) {
  std::set<std::string_view> names;
  for (const auto* script : all_scripts()) names.insert(script->name);
  EXPECT_EQ(names.size(), all_scripts().size());
  EXPECT_EQ(names.size(), 19u);
}

}  // namespace slo::redis::script_test
