// SPDX-License-Identifier: BSD-2-Clause
// What is changed in somebody's document is changed, and nothing else.
#include "core/text/json_edit.h"

#include <gtest/gtest.h>

#include <string>

namespace slo::json_edit_test {
namespace {

const JsonTexts ours{{"a", "1"}, {"b", R"("x")"}};

std::string members_in(std::string_view text) {
  std::string seen;
  for (const JsonMember& member : members_of(text)) {
    seen += member.name + "=" + std::string(text.substr(member.from, member.to - member.from)) + ";";
  }
  return seen;
}

}  // namespace

TEST(JsonMembers, are_found_wherever_brackets_quotes_and_blanks_stand) {
  EXPECT_EQ(members_in("{}"), "");
  EXPECT_EQ(members_in(" { } "), "");
  EXPECT_EQ(members_in(R"({"a":1})"), "a=1;");
  EXPECT_EQ(members_in("\t{\r\n\"a\" : -1.50e+7\n, \"b\":\ttrue }\n"), "a=-1.50e+7;b=true;");
  EXPECT_EQ(members_in(R"({"a":"}],\"{","b":[{"c":["]"]},{}],"d":{"e":{"f":"\\"}},"":null})"),
            R"(a="}],\"{";b=[{"c":["]"]},{}];d={"e":{"f":"\\"}};=null;)");
  EXPECT_EQ(members_in(R"({"\u0061\n\"":1,"ü":2})"), "a\n\"=1;ü=2;");
}

TEST(JsonMembers, are_changed_where_they_stand_or_stand_behind_all) {
  EXPECT_EQ(with_members("{}", ours), R"({"a":1,"b":"x"})");
  EXPECT_EQ(with_members(" {\n} ", ours), " {\"a\":1,\"b\":\"x\"\n} ");
  EXPECT_EQ(with_members(R"({"b": [2] , "c":1.0})", ours), R"({"b": "x" , "c":1.0,"a":1})");
  EXPECT_EQ(with_members(R"({"b":0,"a":{"b":3}})", ours), R"({"b":"x","a":1})");
  EXPECT_EQ(with_members(R"({"\u0061":0,"c":{"a":0}})", ours), R"({"\u0061":1,"c":{"a":0},"b":"x"})");
  EXPECT_EQ(with_members(R"({"c":"}"})", {}), R"({"c":"}"})");
}

TEST(JsonElements, stand_behind_those_of_the_member) {
  EXPECT_EQ(with_elements(R"({"k":[]})", "k", {"1", "2"}), R"({"k":[1,2]})");
  EXPECT_EQ(with_elements(R"({"k":[ ] })", "k", {"1"}), R"({"k":[1 ] })");
  EXPECT_EQ(with_elements(R"({"j":["]"],"k":[[0] ,{"k":[]}
],"l":[]})",
                          "k", {"1"}),
            R"({"j":["]"],"k":[[0] ,{"k":[]},1
],"l":[]})");
  EXPECT_EQ(with_elements(R"({"k":[0]})", "k", {}), R"({"k":[0]})");
}

TEST(KeptJson, may_hold_numbers_of_any_length_and_a_nul) {
  for (const char* text : {R"({"n":123456789012345678901234567890})", R"({"n":1.10})", R"({"n":"\u0000"})"}) {
    EXPECT_TRUE(parse_kept_json(text)) << text;
  }
  for (const char* text : {R"({"n":1,"n":2})", R"({"n":1)", R"({"n":01})", R"({"n":"\ud800"})", ""}) {
    EXPECT_FALSE(parse_kept_json(text)) << text;
  }
}

}  // namespace slo::json_edit_test
