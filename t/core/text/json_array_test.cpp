// SPDX-License-Identifier: BSD-2-Clause
// Arrays read element by element say what the whole document would.
#include "core/text/json_array.h"

#include <gtest/gtest.h>

#include <string>

#include "t/harness/builders.h"

namespace slo::json_array_test {

// The elements, each in brackets of its own, and what the reader says in the end.
std::string read(std::string_view text) {
  JsonArrayReader array(text);
  if (!array.is_array()) return "no array";
  std::string all;
  for (;;) {
    const auto element = array.next();
    if (!element) return all + element.error().detail;
    if (*element == nullptr) return all + ".";
    all += "<" + dump_json(element->get()) + ">";
  }
}

TEST(JsonArray, gives_its_elements_one_by_one) {
  EXPECT_EQ(read("[]"), ".");
  EXPECT_EQ(read(" \n[ ] \r\t"), ".");
  EXPECT_EQ(read("[1]"), "<1>.");
  EXPECT_EQ(read("[1,2 , 3.5e1,null,true]"), "<1><2><35.0><null><true>.");
  EXPECT_EQ(read(R"([{"a":[1,"]"]} , "x,y]" ,[[]]])"), R"(<{"a":[1,"]"]}><"x,y]"><[[]]>.)");
}

TEST(JsonArray, is_none_where_something_else_begins) {
  for (const auto* text : {"", " ", "{}", "1", "\"[\"", "x[]", "]"})
    EXPECT_EQ(read(text), "no array") << text;
}

TEST(JsonArray, is_refused_as_the_whole_text_would_be_where_the_wrong_element_comes) {
  for (const std::string text :
       {"[", "[1", "[1,", "[1,]", "[,]", "[1 2]", "[1]2", "[1][", "[1]]", "[tru]", "[1,\n{\"a\":1,\"a\":2}]",
        "[\"\xff\"]", "[{\"a\":\"\\u0000\"}]", "[1,{]", "[1}", "[1;2]", "[01]", "[1,,2]", "[\"a]"}) {
    const auto whole = parse_json(text);
    ASSERT_FALSE(whole) << text;
    const std::string seen = read(text);
    EXPECT_TRUE(seen.ends_with(whole.error().detail))
        << text << ": " << seen << " is not " << whole.error().detail;
  }
}

TEST(JsonArray, holds_no_nul_byte) {
  using namespace std::string_literals;
  EXPECT_EQ(read("[{\"a\":false\0}]"s), "<{\"a\":false}>1:12: a NUL byte");
  EXPECT_EQ(read("[false\0,1]"s), "<false>1:7: a NUL byte");
}

TEST(JsonArray, nests_as_deep_as_documents_may) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_TRUE(read(nested(64)).ends_with("."));
  EXPECT_EQ(read(nested(65)), parse_json(nested(65)).error().detail);
}

}  // namespace slo::json_array_test
