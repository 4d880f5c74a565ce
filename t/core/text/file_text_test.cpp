// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/file_text.h"

#include <gtest/gtest.h>

namespace slo::file_text_test {

TEST(FileText, line_ends_are_no_part_of_a_secret) {
  for (const char* text : {"s3cret", "s3cret\n", "s3cret\r\n", "s3cret\n\n", "s3cret\r"}) {
    EXPECT_EQ("s3cret", without_line_ends(text)) << text;
  }
  EXPECT_EQ("a\nb ", without_line_ends("a\nb \n"));
  EXPECT_EQ("", without_line_ends("\r\n"));
  EXPECT_EQ("", without_line_ends(""));
}

TEST(FileText, a_byte_order_mark_is_skipped_once) {
  EXPECT_EQ("[]", without_mark("\xEF\xBB\xBF[]"));
  EXPECT_EQ("\xEF\xBB\xBF[]", without_mark("\xEF\xBB\xBF\xEF\xBB\xBF[]"));
  EXPECT_EQ("[]", without_mark("[]"));
  EXPECT_EQ("\xEF\xBB", without_mark("\xEF\xBB"));
}

}  // namespace slo::file_text_test
