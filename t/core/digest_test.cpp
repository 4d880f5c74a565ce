// SPDX-License-Identifier: BSD-2-Clause
// The digest is the standard's.
#include "core/digest.h"

#include <gtest/gtest.h>

#include "core/text/base64url.h"

namespace slo::digest_test {

TEST(Sha256, is_that_of_fips_180_4) {
  EXPECT_EQ(base64url(sha256("")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  EXPECT_EQ(base64url(sha256("abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST(Sha256, takes_every_byte_as_it_is) {
  const std::string zeros(2, '\0');
  EXPECT_NE(sha256(zeros), sha256(zeros.substr(1)));
  EXPECT_EQ(sha256(zeros).size(), sha256_size);
}

TEST(HmacSha256, is_that_of_rfc_4231) {
  EXPECT_EQ(base64url(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
}

}  // namespace slo::digest_test
