// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/showable.h"

#include <gtest/gtest.h>

namespace slo::showable_test {

TEST(Showable, keeps_what_is_no_secret) {
  EXPECT_EQ("https://op.example/logout", showable_uri("https://op.example/logout"));
  EXPECT_EQ("/relative#part", showable_uri("/relative#part"));
  EXPECT_EQ("", showable_uri(""));
}

TEST(Showable, hides_user_and_password_wherever_they_slipped_to) {
  EXPECT_EQ("https://...@op.example/", showable_uri("https://user:hunter2@op.example/"));
  EXPECT_EQ("https://...@op.example", showable_uri("https://user:hun/ter2@op.example"));
  EXPECT_EQ("https://...@op.example", showable_uri("https://user:hun?ter2@op.example"));
  EXPECT_EQ("https://...@op.example", showable_uri("https://user:hun#ter2@op.example"));
  EXPECT_EQ("https://...@op.example", showable_uri("https://user:hun@ter2@op.example"));
  EXPECT_EQ("...@op.example", showable_uri("user:hunter2@op.example"));
  EXPECT_EQ("...@op.example//", showable_uri("user:hunter2@op.example//"));
}

TEST(Showable, hides_the_query) {
  EXPECT_EQ("https://a.example/out?...", showable_uri("https://a.example/out?token=hunter2"));
}

TEST(Showable, is_short_and_printable) {
  EXPECT_EQ("a?b?", showable_uri("a\nb\xC3"));
  EXPECT_EQ(std::string(120, 'a') + "...", showable_uri(std::string(200, 'a')));
}

TEST(Showable, names_are_of_lower_case_letters) {
  EXPECT_TRUE(is_showable_name("password_file"));
  EXPECT_FALSE(is_showable_name("hunter2"));
  EXPECT_FALSE(is_showable_name("Hunter"));
  EXPECT_FALSE(is_showable_name("aGVsbG8"));
  EXPECT_FALSE(is_showable_name(""));
  EXPECT_FALSE(is_showable_name(std::string(41, 'a')));
}

TEST(Showable, words_are_short_and_printable) {
  EXPECT_TRUE(is_showable_word("dryrun"));
  EXPECT_TRUE(is_showable_word("WIKI-Sess.1"));
  for (const char* word : {"", "a b", "a\"b", "a\nb", "\xC3\xA4"})
    EXPECT_FALSE(is_showable_word(word)) << word;
  EXPECT_FALSE(is_showable_word(std::string(41, 'a')));
}

}  // namespace slo::showable_test
