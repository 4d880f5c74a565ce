// SPDX-License-Identifier: BSD-2-Clause
// Authorization responses: what is read stands there, in a page whatever stands around its form; nothing of
// an error; and every page is read to its end.
#include "core/op/authorization_response.h"

#include <array>

#include "core/op/learning.h"
#include "core/text/form.h"
#include "core/text/hidden_inputs.h"
#include "core/text/html.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

void read_anything(const std::string& bytes) {
  for (const auto& response : {read_redirect(bytes), read_form_post(bytes)}) {
    promise(!response || !response->code.empty() || !response->id_token.empty(),
            "a response holds something");
  }
  constexpr std::array<std::string_view, 1> known{"code"};
  for (const auto& [action, inputs] : hidden_inputs(bytes, known))
    promise(inputs.size() == 1 && inputs.contains("code"), "only what is asked for is read");
}

void redirect(const std::string& code, const std::string& state) {
  if (code.empty() || code.find('\0') != std::string::npos) return;
  const std::string parameters = encode_form({{"state", state}, {"code", code}});
  const AuthorizationResponse expected{.code = code, .target = "https://app.example/cb"};
  promise(read_redirect("https://app.example/cb?" + parameters) == expected,
          "a query is read as it was written");
  promise(read_redirect("https://app.example/cb#" + parameters) == expected, "and a fragment");
  promise(!read_redirect("https://app.example/cb?error=x&" + parameters), "an error hands nothing out");
}

// What is escaped as a page has to be comes back.
void form_post(const std::string& code, const std::string& state) {
  for (const char c : code + state) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return;
  }
  if (code.empty()) return;
  const std::string page = "<form method=\"post\"><input type=\"hidden\" name=\"state\" value=\"" +
                           escape_html(state) + "\"><input type=\"hidden\" name=\"code\" value=\"" +
                           escape_html(code) + "\"></form>";
  promise(read_form_post(page) == AuthorizationResponse{.code = code}, "a form is read as it was written");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) {
    const std::string code = input.text();
    const std::string state = input.rest();
    slo::fuzz::redirect(code, state);
    return slo::fuzz::form_post(code, state);
  }
  slo::fuzz::read_anything(input.rest());
}
