// SPDX-License-Identifier: BSD-2-Clause
// The table of faults keeps its own rules.
#include "core/fault.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace slo::fault_test {

std::array<FaultRow, fault_count> all_rows() {
  std::array<FaultRow, fault_count> rows{};
  for (std::size_t i = 0; i < fault_count; ++i) rows[i] = describe(static_cast<Fault>(i));
  return rows;
}

bool is_lower_snake(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

TEST(Fault, describes_each_fault_under_its_own_name) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fault_count; ++i) {
    const FaultRow& row = describe(static_cast<Fault>(i));
    EXPECT_EQ(static_cast<std::size_t>(row.fault), i);
    EXPECT_TRUE(is_lower_snake(row.name)) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_EQ(describe(Fault::parameter_repeated).name, "parameter_repeated");
  EXPECT_EQ(describe(Fault::internal).name, "internal");
}

TEST(Fault, tells_the_client_whole_sentences) {
  for (const FaultRow& row : all_rows()) {
    EXPECT_TRUE(row.to_client.ends_with('.')) << row.name;
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(row.to_client.front()))) << row.name;
    EXPECT_EQ(row.to_client.find("  "), std::string_view::npos) << row.name;
  }
}

TEST(Fault, tells_the_log_a_phrase_that_a_detail_can_follow) {
  for (const FaultRow& row : all_rows()) {
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(row.to_log.front()))) << row.name;
    EXPECT_TRUE(std::isalpha(static_cast<unsigned char>(row.to_log.back()))) << row.name;
    EXPECT_EQ(row.to_log.find(':'), std::string_view::npos) << row.name;
  }
}

TEST(Fault, tells_the_operator_which_fault_it_was) {
  std::map<std::string_view, std::string_view> name_of;
  for (const FaultRow& row : all_rows()) {
    EXPECT_TRUE(name_of.emplace(row.to_log, row.name).second) << row.name << " and " << name_of[row.to_log];
  }
}

TEST(Fault, answers_with_an_error_status_and_a_code_of_plain_characters) {
  for (const FaultRow& row : all_rows()) {
    EXPECT_TRUE(row.status >= 400 && row.status < 600) << row.name;
    EXPECT_TRUE(is_lower_snake(row.code)) << row.name;
  }
}

TEST(Fault, never_lets_a_client_reach_the_error_level) {
  for (const FaultRow& row : all_rows()) {
    if (row.status < 500) {
      EXPECT_NE(row.level, Level::error) << row.name;
    }
    if (row.level == Level::error) {
      EXPECT_GE(row.status, 500) << row.name;
    }
    if (row.status >= 500) {
      EXPECT_NE(row.level, Level::info) << row.name;
    }
  }
}

TEST(Fault, spells_the_codes_of_the_specifications) {
  EXPECT_EQ(describe(Fault::redirect_not_registered).code, "post_logout_uri_not_associated_with_client");
  EXPECT_EQ(describe(Fault::client_metadata_invalid).code, "invalid_client_metadata");
  EXPECT_EQ(describe(Fault::redirect_uri_invalid).code, "invalid_redirect_uri");
  EXPECT_EQ(describe(Fault::parameter_repeated).code, "invalid_request");
  EXPECT_EQ(describe(Fault::store_unreachable).code, "temporarily_unavailable");
}

TEST(Fault, answers_503_while_the_store_is_away) {
  for (const FaultRow& row : all_rows()) {
    if (row.name.starts_with("store_")) {
      EXPECT_EQ(row.status, 503) << row.name;
    }
  }
}

}  // namespace slo::fault_test
