// SPDX-License-Identifier: BSD-2-Clause
// One test of every kind of outcome; t/harness/sample/run.sh compares what the listener says of them.
//
// Three of these fail on purpose, so this is a binary of its own and never part of a room's tests.
#include <gtest/gtest.h>

namespace slo::sample_test {

TEST(Sample, passes) { EXPECT_EQ(2, 1 + 1); }

TEST(Sample, fails_with_colons_and_newlines) { FAIL() << "at https://op.example\n\nsecond: line\n"; }

TEST(Sample, fails_twice_but_is_one_test) {
  ADD_FAILURE() << "first";
  ADD_FAILURE() << "second: one";
}

TEST(Sample, says_why_it_is_skipped) { GTEST_SKIP() << "no redis-server: not installed"; }

TEST(DISABLED_Sample, is_disabled_with_its_suite) { FAIL(); }

class BrokenSuite : public testing::Test {
 protected:
  static void SetUpTestSuite() { ADD_FAILURE() << "set-up: broken"; }
};

TEST_F(BrokenSuite, is_not_run) { EXPECT_TRUE(true); }

}  // namespace slo::sample_test
