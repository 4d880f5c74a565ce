// SPDX-License-Identifier: BSD-2-Clause
// Cursors of session lists are read back as they were written, and nothing else is one.
#include "core/admin/api_cursor.h"

#include <gtest/gtest.h>

namespace slo::api_cursor_test {

TEST(ApiCursor, is_a_place_of_a_million_at_most) {
  EXPECT_EQ(read_offset("0"), 0U);
  EXPECT_EQ(read_offset("1000000"), 1'000'000U);
  for (const char* wrong : {"", "-1", "x", "1x", "1000001", "99999999999"})
    EXPECT_EQ(read_offset(wrong), std::nullopt) << wrong;
}

TEST(ApiCursor, of_a_users_sessions_keeps_when_the_first_page_was_asked_for) {
  const TimeS first_page{Seconds{1'800'000'000}};
  api::EndSessionsOf read;
  ASSERT_TRUE(read_place(next_cursor(api::EndSessionsOf{.offset = 50, .begun_by = first_page}), read));
  EXPECT_EQ(read.offset, 100U);
  EXPECT_EQ(read.begun_by, first_page);
  for (const char* wrong : {"", "50", "50.", ".1", "50.x", "50.-1"})
    EXPECT_FALSE(read_place(wrong, read)) << wrong;
}

}  // namespace slo::api_cursor_test
