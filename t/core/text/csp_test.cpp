// SPDX-License-Identifier: BSD-2-Clause
// Inline text is allowed by its hash.
#include "core/text/csp.h"

#include <gtest/gtest.h>

namespace slo::csp_test {

// printf … | openssl dgst -sha256 -binary | base64
TEST(Csp, names_inline_text_by_its_hash) {
  EXPECT_EQ(csp_source_of(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  EXPECT_EQ(csp_source_of("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

}  // namespace slo::csp_test
