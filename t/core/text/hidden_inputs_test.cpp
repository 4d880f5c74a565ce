// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/hidden_inputs.h"

#include <gtest/gtest.h>

#include <array>

namespace slo::hidden_inputs_test {
namespace {

std::vector<HiddenInputs> seen_in(std::string_view page) {
  constexpr std::array<std::string_view, 2> known{"code", "state"};
  std::vector<HiddenInputs> all;
  for (auto& form : hidden_inputs(page, known)) all.push_back(std::move(form.inputs));
  return all;
}

const std::vector<HiddenInputs> one_code{{{"code", "a&b"}}};

}  // namespace

TEST(HiddenInputs, are_found_however_their_tags_are_written) {
  for (
      const char* page : {
          R"(<form method="post" action="x"><input type="hidden" name="code" value="a&amp;b"/></form>)",
          R"(<FORM METHOD='POST'><INPUT VALUE='a&#38;b' NAME='code' TYPE='HIDDEN'></FORM>)",
          "<form\nmethod = post >\n<p><input value=a&#x26;b\ttype=hidden name=code>",
          R"(<form method=post><div><input autofocus type=hidden name=code x=">" value='a&b'></div></form>)",
          R"(<form method=post><input type=hidden name=code value="a&b" value="c"></form>)",
          R"(<p>1 < 2</p><!doctype html><?xml?><form method=post></p></><input type=hidden name=code value="a&b"></form>)",
      }) {
    EXPECT_EQ(seen_in(page), one_code) << page;
  }
}

TEST(HiddenInputs, are_those_of_forms_that_are_posted) {
  for (
      const char* page : {
          R"(<form><input type=hidden name=code value=a></form>)",
          R"(<form method=get><input type=hidden name=code value=a></form>)",
          R"(<input type=hidden name=code value=a>)",
          R"(<form method=post></form><input type=hidden name=code value=a>)",
          R"(<form method=post><input type=text name=code value=a></form>)",
          R"(<form method=post><input name=code value=a></form>)",
          R"(<form method=post><input type=hidden name=id value=a></form>)",
          R"(<form method=post><input type=hidden name=code value=a><input type=hidden name=code value=a></form>)",
      }) {
    EXPECT_EQ(seen_in(page), std::vector<HiddenInputs>{}) << page;
  }
}

TEST(HiddenInputs, are_not_what_comments_and_scripts_say) {
  constexpr const char* form = "<form method=post><input type=hidden name=code value=a></form>";
  for (const char* around : {"<!-- % -->", "<!-- %", "<script>x = '%'</script>", "<ScRiPt a='>'>%",
                             "<style>%</style>", "<textarea>%</textarea>", "<title>%</title>"}) {
    std::string page(around);
    page.replace(page.find('%'), 1, form);
    EXPECT_EQ(seen_in(page), std::vector<HiddenInputs>{}) << page;
  }
  EXPECT_EQ(seen_in(std::string("<script></scrip></script>") + form).size(), 1u);
}

TEST(HiddenInputs, keep_to_their_forms) {
  EXPECT_EQ(seen_in("<form method=post><input type=hidden name=code value=a></form><form method=post>"
                    "<input type=hidden name=state value=b><form method=get><input type=hidden name=code>"),
            (std::vector<HiddenInputs>{{{"code", "a"}}, {{"code", ""}, {"state", "b"}}}));
}

TEST(HiddenInputs, decode_what_browsers_decode) {
  const auto value_of = [](const std::string& written) {
    const auto forms = seen_in("<form method=post><input type=hidden name=code value=\"" + written + "\">");
    return forms.size() == 1 ? forms.front().at("code") : "(none)";
  };
  EXPECT_EQ(value_of("&lt;&gt;&quot;&apos;&#39;&#x27;&#228;&#x20AC;&#x1F600;"), "<>\"'''ä€😀");
  EXPECT_EQ(value_of("&&amp&nosuch;&#;&#x;&#xg;&"), "&&amp&nosuch;&#;&#x;&#xg;&");
  EXPECT_EQ(value_of("&#0;&#xD800;&#x110000;&#9999999;"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(HiddenInputs, take_no_longer_than_the_page_is_large) {
  for (const char* piece : {"<", "<!--", "<script>", "<a ", "<form method=post>", "&", "</", "<input a='"}) {
    std::string page;
    while (page.size() < 262'144) page += piece;
    EXPECT_EQ(seen_in(page), std::vector<HiddenInputs>{}) << piece;
  }
}

TEST(HiddenInputs, know_where_their_form_goes) {
  constexpr std::array<std::string_view, 1> known{"code"};
  const auto forms = hidden_inputs(
      "<form method=post action='https://a.example/cb?x=1&amp;y=2' action=/b><input type=hidden name=code "
      "value=a></form>"
      "<form method=post><input type=hidden name=code value=b></form>",
      known);
  ASSERT_EQ(forms.size(), 2U);
  EXPECT_EQ(forms[0].action, "https://a.example/cb?x=1&y=2");
  EXPECT_EQ(forms[1].action, "");
}

}  // namespace slo::hidden_inputs_test
