// SPDX-License-Identifier: BSD-2-Clause
// A form has one meaning, and what goes out comes back byte for byte.
#include "core/text/form.h"

#include <gtest/gtest.h>

#include <array>

namespace slo::form_test {

constexpr std::array<std::string_view, 3> known{"state", "client_id", "id_token_hint"};

Form accepted(std::string_view encoded) {
  auto form = Form::read(encoded, known);
  EXPECT_TRUE(form) << form.error().detail;
  return form ? *std::move(form) : Form{};
}

Refusal refused(std::string_view encoded) {
  auto form = Form::read(encoded, known);
  EXPECT_FALSE(form) << encoded;
  return form ? Refusal{Fault::internal} : form.error();
}

std::string all_bytes() {
  std::string bytes;
  for (int byte = 1; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

TEST(Form, decodes_plus_as_a_blank_and_percent_escapes_as_bytes) {
  const Form form = accepted("state=a+b%2Bc%20d%c3%A4&client_id=app-a");
  EXPECT_EQ(form.find("state"), "a b+c d\xc3\xa4");
  EXPECT_EQ(form.find("client_id"), "app-a");
  EXPECT_EQ(form.find("id_token_hint"), std::nullopt);
}

TEST(Form, keeps_further_equals_signs_in_the_value) {
  EXPECT_EQ(accepted("state=a=b==").find("state"), "a=b==");
}

TEST(Form, knows_a_parameter_whose_name_is_escaped) {
  EXPECT_EQ(accepted("%73tate=x").find("state"), "x");
  EXPECT_EQ(refused("%73tate=x&state=y").fault, Fault::parameter_repeated);
}

TEST(Form, counts_a_parameter_without_a_value_as_absent) {
  EXPECT_EQ(accepted("state=&client_id").find("state"), std::nullopt);
  EXPECT_EQ(accepted("state=&client_id").find("client_id"), std::nullopt);
  EXPECT_EQ(accepted("").find("state"), std::nullopt);
  EXPECT_EQ(accepted("&&=&=x&").find("state"), std::nullopt);
}

TEST(Form, reads_what_stands_between_stray_separators) {
  EXPECT_EQ(accepted("&&state=x&&").find("state"), "x");
}

TEST(Form, refuses_a_known_parameter_that_is_sent_twice) {
  const Refusal expected{Fault::parameter_repeated, "\"state\" was sent twice"};
  EXPECT_EQ(refused("state=x&state=y"), expected);
  EXPECT_EQ(refused("state=x&state=x"), expected);
}

TEST(Form, refuses_a_repetition_even_if_one_of_the_two_is_empty) {
  EXPECT_EQ(refused("state=&state=x").fault, Fault::parameter_repeated);
  EXPECT_EQ(refused("state=x&state").fault, Fault::parameter_repeated);
  EXPECT_EQ(refused("state&state=").fault, Fault::parameter_repeated);
}

TEST(Form, refuses_broken_escapes_and_nul_in_a_known_parameter) {
  const Refusal broken{Fault::form_malformed, "\"state\" holds a broken percent escape"};
  for (const auto* encoded : {"state=%", "state=%4", "state=a%zzb", "state=%0g", "state=%-1", "state=% 1"}) {
    EXPECT_EQ(refused(encoded), broken) << encoded;
  }
  EXPECT_EQ(refused("state=a%00b"), (Refusal{Fault::form_malformed, "\"state\" holds a NUL"}));
}

TEST(Form, ignores_unknown_parameters_whatever_they_hold) {
  const Form form = accepted("x=1&x=2&y=%zz&%zz=1&z=%00&State=other&state=mine&state%00=no");
  EXPECT_EQ(form.find("state"), "mine");
  EXPECT_EQ(form.find("x"), std::nullopt);
}

TEST(Form, carries_every_printable_character_of_a_state_there_and_back) {
  std::string state;
  for (char c = 0x20; c < 0x7F; ++c) state.push_back(c);
  EXPECT_EQ(accepted("state=" + encode_component(state)).find("state"), state);
  for (const char c : state) {
    EXPECT_EQ(accepted(encode_form({{"state", std::string(1, c)}})).find("state"), std::string(1, c));
  }
}

TEST(Form, carries_every_other_byte_as_well) {
  EXPECT_EQ(accepted("state=" + encode_component(all_bytes())).find("state"), all_bytes());
}

TEST(Form, encodes_all_but_unreserved_characters) {
  EXPECT_EQ(encode_component("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(encode_component(" +&=%/?#\"<>"), "%20%2B%26%3D%25%2F%3F%23%22%3C%3E");
  EXPECT_EQ(encode_component("\xff\n"), "%FF%0A");
  EXPECT_EQ(encode_component(""), "");
}

TEST(Form, decodes_components_without_touching_plus) {
  EXPECT_EQ(decode_component("a+b%2Bc"), "a+b+c");
  EXPECT_EQ(decode_component(encode_component(all_bytes())), all_bytes());
  EXPECT_EQ(decode_component("%"), std::nullopt);
  EXPECT_EQ(decode_component("a%4"), std::nullopt);
  EXPECT_EQ(decode_component("%xy"), std::nullopt);
}

TEST(Form, writes_parameters_in_the_order_given) {
  EXPECT_EQ(encode_form({{"b", "1 2"}, {"a&", "x=y"}, {"b", ""}}), "b=1%202&a%26=x%3Dy&b=");
  EXPECT_EQ(encode_form({}), "");
}

}  // namespace slo::form_test
