// SPDX-License-Identifier: BSD-2-Clause
#include "redis_schema/command.h"

#include <gtest/gtest.h>

#include "redis_schema/script.h"

namespace slo::redis::command_test {

using std::literals::operator""s;

constexpr Script spoken{
    .name = "spoken", .body = "return 1", .digest = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};

TEST(Command, is_written_as_an_argument_vector) {
  EXPECT_EQ(encode({.words = {"SET", "key", "a value"}}),
            "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$7\r\na value\r\n");
}

TEST(Command, keeps_every_byte_of_a_word) {
  EXPECT_EQ(encode({.words = {"GET", "a\0b\r\n%s"s}}), "*2\r\n$3\r\nGET\r\n$7\r\na\0b\r\n%s\r\n"s);
  EXPECT_EQ(encode({.words = {"ECHO", ""}}), "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n");
}

TEST(Command, runs_a_script_by_its_digest_with_all_keys_declared) {
  const Command expected{
      .words = {"EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "2", "k1", "k2", "an argument"},
      .script = &spoken,
      .partition = 7,
  };
  EXPECT_EQ(run_script(spoken, 7, {"k1", "k2"}, {"an argument"}), expected);
}

TEST(Command, falls_back_to_the_body_of_its_script) {
  const Command expected{
      .words = {"EVAL", "return 1", "1", "k", "a"},
      .script = &spoken,
      .partition = 7,
  };
  EXPECT_EQ(fallback(run_script(spoken, 7, {"k"}, {"a"})), expected);
}

}  // namespace slo::redis::command_test
