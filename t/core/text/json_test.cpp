// SPDX-License-Identifier: BSD-2-Clause
// JSON has one meaning or none.
#include "core/text/json.h"

#include <gtest/gtest.h>

namespace slo::json_test {

std::string refusal_of(std::string_view text) {
  auto parsed = parse_json(text);
  if (parsed) return "accepted: " + dump_json(parsed->get());
  EXPECT_EQ(parsed.error().fault, Fault::json_malformed);
  return parsed.error().detail;
}

std::string round_trip(std::string_view text) {
  auto parsed = parse_json(text);
  return parsed ? dump_json(parsed->get()) : "refused: " + parsed.error().detail;
}

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(Json, reads_and_writes_every_kind_of_value_in_the_order_given) {
  EXPECT_EQ(round_trip(R"( {"z": 1, "a": [true, null, -2.5], "m": {"ü": "\u00fc\n"}} )"),
            R"({"z":1,"a":[true,null,-2.5],"m":{"ü":"ü\n"}})");
  EXPECT_EQ(round_trip("7"), "7");
  EXPECT_EQ(round_trip("\"x\""), "\"x\"");
  EXPECT_EQ(round_trip("null"), "null");
}

TEST(Json, refuses_duplicate_members_at_any_depth) {
  EXPECT_EQ(refusal_of("{\"a\":1,\n \"a\":2}"), "2:4: duplicate object key near '\"a\"'");
  EXPECT_EQ(refusal_of(R"([{"x":{"a":1,"\u0061":2}}])").find("1:"), 0u);
}

TEST(Json, tells_a_duplicate_member_from_other_errors) {
  EXPECT_TRUE(is_for_duplicate_member(parse_json(R"({"a":1,"a":2})").error()));
  EXPECT_FALSE(is_for_duplicate_member(parse_json(R"({"a":": duplicate object key" 7})").error()));
  EXPECT_FALSE(is_for_duplicate_member({Fault::internal, "1:1: duplicate object key"}));
}

TEST(Json, refuses_trailing_bytes_and_broken_documents_with_a_position) {
  EXPECT_EQ(refusal_of(""), "1:1: unexpected token");
  EXPECT_EQ(refusal_of("{} x"), "1:4: end of file expected");
  EXPECT_EQ(refusal_of("{}{}"), "1:3: end of file expected");
  EXPECT_EQ(refusal_of("{\n\"a\":}"), "2:5: unexpected token");
  EXPECT_EQ(refusal_of("{'a':1}"), "1:2: string or '}' expected");
}

TEST(Json, names_a_comma_behind_the_last_element) {
  const auto refusal = [](std::string_view text) { return parse_json(text).error().detail; };
  EXPECT_EQ(refusal("[1,\n2 , ]"), "2:5: a comma in front of this bracket, remove it");
  EXPECT_EQ(refusal("[{\"a\":1,}]"), "1:9: a comma in front of this bracket, remove it");
  EXPECT_EQ(refusal("[,]"), "1:2: unexpected token");
  EXPECT_EQ(refusal("[\",\" ]]"), "1:7: end of file expected");
}

TEST(Json, refuses_nul_and_invalid_utf8) {
  EXPECT_EQ(refusal_of(R"({"a":"x\u0000y"})"), "1:15: \\u0000 is not allowed without JSON_ALLOW_NUL");
  EXPECT_EQ(refusal_of(std::string_view("{\"a\":\"x\0\"}", 10)).find("1:"), 0u);
  EXPECT_EQ(refusal_of(std::string_view("{}\0", 3)).find("1:"), 0u);
  EXPECT_EQ(refusal_of("{\"a\":\"\xff\"}").find("1:"), 0u);
  EXPECT_EQ(refusal_of("{\"a\":\"\xed\xa0\x80\"}").find("1:"), 0u);
}

TEST(Json, never_quotes_the_document_beyond_a_repeated_name) {
  EXPECT_EQ(refusal_of("[\"client_secret\" \"hush\"]").find("hush"), std::string::npos);
  EXPECT_EQ(refusal_of("[hush]").find("hush"), std::string::npos);
}

TEST(Json, allows_64_levels_and_refuses_the_65th) {
  EXPECT_EQ(round_trip(nested(64)), nested(64));
  EXPECT_EQ(refusal_of("[\n" + nested(64) + "]"), "2:64: more than 64 levels of nesting");
  EXPECT_EQ(refusal_of(nested(100000)), "1:65: more than 64 levels of nesting");
  EXPECT_EQ(round_trip("[\"" + std::string(100, '[') + "\\\"[\"]"),
            "[\"" + std::string(100, '[') + "\\\"[\"]");
}

TEST(Json, names_where_a_member_of_an_array_of_objects_stands) {
  const std::string text =
      "[ {\"client_id\": \"a\", \"jwks\": {\"uri\": [1, {\"uri\": 2}]}},\n"
      "  {\"name\": \"ü, {\\\"uri\\\": 1}\", \"uri\": \"x\"},\n"
      "  7 ]";
  EXPECT_EQ(position_in_array(text, 0, ""), "1:3");
  EXPECT_EQ(position_in_array(text, 0, "jwks"), "1:22");
  EXPECT_EQ(position_in_array(text, 1, ""), "2:3");
  EXPECT_EQ(position_in_array(text, 1, "uri"), "2:31");
  EXPECT_EQ(position_in_array(text, 2, "uri"), "3:3");
}

TEST(Json, names_the_object_for_a_member_that_is_missing_and_the_start_for_a_missing_object) {
  EXPECT_EQ(position_in_array("[\n{\"a\": \"b\"}, {\"b\": 1}]", 0, "b"), "2:1");
  EXPECT_EQ(position_in_array("[{}]", 1, ""), "1:1");
  EXPECT_EQ(position_in_array("[]", 0, ""), "1:1");
  EXPECT_EQ(position_in_array("{\"a\": [1]}", 0, "").substr(0, 2), "1:");
  EXPECT_EQ(position_in_array("[{\"a", 0, "a").substr(0, 2), "1:");
}

TEST(Json, gives_members_only_of_the_type_asked_for) {
  auto object = *parse_json(R"({"s": "x", "i": 5, "r": 5.0, "n": null})");
  EXPECT_EQ(string_member(object.get(), "s"), "x");
  EXPECT_EQ(string_member(object.get(), "i"), std::nullopt);
  EXPECT_EQ(string_member(object.get(), "gone"), std::nullopt);
  EXPECT_EQ(integer_member(object.get(), "i"), 5);
  EXPECT_EQ(integer_member(object.get(), "r"), std::nullopt);
  EXPECT_EQ(integer_member(object.get(), "s"), std::nullopt);
  EXPECT_TRUE(has_member(object.get(), "n"));
  EXPECT_FALSE(has_member(object.get(), "gone"));
  EXPECT_EQ(string_member(nullptr, "s"), std::nullopt);
  EXPECT_FALSE(has_member(make_string("x").get(), "s"));
}

TEST(Json, makes_strings_and_null_of_what_is_no_utf8) {
  EXPECT_EQ(dump_json(make_string("a\"b").get()), R"("a\"b")");
  EXPECT_EQ(dump_json(make_string({}).get()), R"("")");
  EXPECT_EQ(dump_json(make_string("\xff").get()), "null");
  EXPECT_EQ(dump_json(nullptr), "");
}

}  // namespace slo::json_test
