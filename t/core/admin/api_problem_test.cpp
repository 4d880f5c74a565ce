// SPDX-License-Identifier: BSD-2-Clause
#include "core/admin/api.h"

#include <gtest/gtest.h>

#include "t/core/op/pages.h"
#include "t/harness/builders.h"

namespace slo::problem_test {

TEST(ProblemPage, is_a_problem_document_with_a_stable_code) {
  const Page expected{
      .status = 400,
      .content_type = "application/problem+json",
      .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
      .body =
          R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"The request body is not valid: )"
          R"(\"sub\" is required.","code":"api_body_invalid"})"};
  EXPECT_EQ(problem_page({Fault::api_body_invalid, "\"sub\" is required"}), expected);
}

TEST(ProblemPage, keeps_details_that_are_for_the_log) {
  EXPECT_FALSE(holds(problem_page({Fault::store_refused, "NOAUTH of the store"}), "NOAUTH"));
  EXPECT_FALSE(holds(problem_page({Fault::client_unknown, "a hidden detail"}), "hidden"));
}

TEST(ProblemPage, speaks_to_a_program_in_whole_sentences) {
  const auto detail = [](const Refusal& refusal) {
    return all_between(problem_page(refusal).body, "\"detail\":\"", "\",\"code\"").at(0);
  };
  EXPECT_EQ(detail({Fault::api_not_found, "no such slo_provider in the path"}),
            "There is no such resource: no such slo_provider in the path.");
  EXPECT_EQ(detail({Fault::api_not_found}), "There is no such resource.");
  EXPECT_EQ(detail({Fault::api_body_invalid, "did you mean it?"}),
            "The request body is not valid: did you mean it?");
  EXPECT_EQ(detail({Fault::store_unreachable}), "The store cannot be reached.");
  for (std::size_t i = 0; i < fault_count; ++i) {
    const std::string said = detail({static_cast<Fault>(i)});
    EXPECT_EQ(said.find("signed in"), std::string::npos) << said;
    EXPECT_TRUE(said.ends_with('.')) << said;
  }
}

TEST(ProblemPage, says_which_methods_are_allowed_and_when_to_come_back) {
  EXPECT_EQ(header_of(problem_page({Fault::method_not_allowed, "GET, HEAD"}), "Allow"), "GET, HEAD");
  EXPECT_EQ(header_of(problem_page({Fault::store_unreachable}), "Retry-After"), "5");
}

TEST(ProblemPage, has_a_title_for_every_fault) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const Page page = problem_page({static_cast<Fault>(i)});
    EXPECT_EQ(page.status, describe(static_cast<Fault>(i)).status);
    EXPECT_EQ(page.status == 500, holds(page, "\"title\":\"Internal Server Error\""));
  }
}

}  // namespace slo::problem_test
