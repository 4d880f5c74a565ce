// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/authorization_response.h"

#include <gtest/gtest.h>

namespace slo::authorization_response_test {
namespace {

std::string in_short(const std::optional<AuthorizationResponse>& response) {
  return response ? response->code + "|" + response->id_token : "nothing";
}
std::string redirect(std::string_view location) { return in_short(read_redirect(location)); }

std::string form_post(std::string_view inputs) {
  return in_short(
      read_form_post("<html><body onload=\"document.forms[0].submit()\"><form method=\"post\" "
                     "action=\"https://app.example/cb\">" +
                     std::string(inputs) + "</form></body></html>"));
}

}  // namespace

TEST(AuthorizationResponse, stands_in_the_query_or_the_fragment) {
  EXPECT_EQ(redirect("https://app.example/cb?code=a%2Bb&state=s"), "a+b|");
  EXPECT_EQ(redirect("https://app.example/cb?x=1&code=a&iss=i"), "a|");
  EXPECT_EQ(redirect("https://app.example/cb#code=a&id_token=h.c.s&state=s"), "a|h.c.s");
  EXPECT_EQ(redirect("https://app.example/cb?tenant=1#id_token=h.c.s"), "|h.c.s");
  EXPECT_EQ(redirect("com.example.app:/cb?code=a"), "a|");
  EXPECT_EQ(redirect("/cb?code=a#_=_"), "a|");
}

TEST(AuthorizationResponse, knows_whom_it_goes_to) {
  EXPECT_EQ(read_redirect("https://app.example/cb?code=a#x")->target, "https://app.example/cb");
  EXPECT_EQ(read_redirect("com.example.app:/cb#code=a")->target, "com.example.app:/cb");
  EXPECT_EQ(read_redirect("/auth/step2?code=a")->target, "/auth/step2");
  EXPECT_EQ(read_form_post(
                "<form method=post action='https://app.example/cb?x=1'><input type=hidden name=code value=a>")
                ->target,
            "https://app.example/cb");
  EXPECT_EQ(read_form_post("<form method=post><input type=hidden name=code value=a>")->target, "");
}

TEST(AuthorizationResponse, is_no_error_and_nothing_else) {
  for (const char* location :
       {"", "?", "#", "https://app.example/cb", "/interaction/abc", "https://app.example/cb?state=s",
        "https://app.example/cb?error=login_required&code=a", "https://app.example/cb#error=access_denied",
        "https://app.example/cb?code=a&code=b",
        "https://app.example/cb?code=", "https://app.example/cb?code=%zz",
        "https://app.example/cb?response=h.c.s", "https://app.example/code=a", "/auth?code_challenge=a"}) {
    EXPECT_EQ(redirect(location), "nothing") << location;
  }
}

TEST(AuthorizationResponse, stands_in_a_form_that_posts_itself) {
  EXPECT_EQ(form_post(R"(<input type="hidden" name="code" value="a&#x2B;b"/>)"), "a+b|");
  EXPECT_EQ(form_post("<input type=hidden name=id_token value=h.c.s><input type=hidden name=code value=a>"),
            "a|h.c.s");
  for (const char* inputs : {"", "<input type=hidden name=response value=h.c.s>", "<input name=code>",
                             "<input type=hidden name=code value=a><input type=hidden name=error value=x>",
                             "<input type=hidden name=code value=''>"}) {
    EXPECT_EQ(form_post(inputs), "nothing") << inputs;
  }
}

TEST(Lesson, is_chosen_by_the_head_of_an_answer) {
  struct Row {
    AnswerHead head;
    Lesson lesson;
  };
  for (const Row& row : {
           Row{{302, false, ""}, Lesson::redirect},
           Row{{303, true, "text/html"}, Lesson::redirect},
           Row{{301, false, "text/html"}, Lesson::none},
           Row{{307, true, ""}, Lesson::none},
           Row{{400, true, "application/json"}, Lesson::none},
           Row{{200, false, "text/html; charset=utf-8"}, Lesson::page},
           Row{{200, true, " Text/HTML"}, Lesson::page},
           Row{{200, false, "application/xhtml+xml"}, Lesson::page},
           Row{{200, false, "application/json;charset=UTF-8"}, Lesson::tokens},
           Row{{200, true, "application/json"}, Lesson::tokens},
           Row{{200, true, ""}, Lesson::tokens},
           Row{{200, true, "text/plain"}, Lesson::tokens},
           Row{{200, false, ""}, Lesson::none},
           Row{{200, false, "text/css"}, Lesson::none},
           Row{{200, false, "text/htmlish"}, Lesson::none},
       }) {
    EXPECT_EQ(lesson_of(row.head), row.lesson) << row.head.status << " " << row.head.content_type;
  }
}

}  // namespace slo::authorization_response_test
