// SPDX-License-Identifier: BSD-2-Clause
// Forms: what is read can be written and is read again as the same; what is encoded is safe anywhere in a
// URI.
#include "core/text/form.h"

#include <algorithm>
#include <array>

#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array<std::string_view, 4> known_names{"state", "client_id", "a", "id_token_hint"};

using Values = std::vector<std::pair<std::string, std::string>>;

Values values_of(const Form& form) {
  Values values;
  for (const auto name : known_names) {
    if (auto value = form.find(name)) values.emplace_back(std::string(name), *std::move(value));
  }
  return values;
}

void read_and_write(std::string_view text) {
  const auto form = Form::read(text, known_names);
  if (!form) {
    promise(form.error().fault == Fault::parameter_repeated || form.error().fault == Fault::form_malformed,
            "a form is refused as malformed or repeating");
    promise(form.error().detail.find(text) == std::string::npos || text.size() < 24,
            "a refusal does not quote what was sent");
    return;
  }
  const auto values = values_of(*form);
  Parameters parameters;
  for (const auto& [name, value] : values) {
    promise(!value.empty(), "an empty parameter counts as absent");
    promise(value.find('\0') == std::string::npos, "no value holds a NUL");
    parameters.emplace_back(name, value);
  }
  const auto written = encode_form(parameters);
  const auto again = Form::read(written, known_names);
  promise(again && values_of(*again) == values, "a form that was written is read as the same");
  promise(Form::read(written + "&unknown=%zz&" + written.substr(0, 0), known_names).has_value(),
          "unknown parameters do not matter, however broken");
  if (!values.empty()) {
    promise(!Form::read(written + "&" + values.front().first + "=", known_names),
            "a known parameter is refused the second time");
  }
}

void encode_and_decode(const std::string& text) {
  const auto encoded = encode_component(text);
  promise(std::ranges::all_of(encoded,
                              [](unsigned char c) {
                                return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~' ||
                                       c == '%';
                              }),
          "an encoded component holds unreserved characters and escapes only");
  promise(decode_component(encoded) == text, "what is encoded is decoded to itself");
  if (const auto decoded = decode_component(text)) {
    promise(decoded->size() <= text.size(), "decoding does not lengthen");
    promise(decode_component(encode_component(*decoded)) == decoded, "what is decoded is encoded to itself");
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const std::string text = input.rest();
  slo::fuzz::read_and_write(text);
  slo::fuzz::encode_and_decode(text);
  for (const bool is_post : {false, true}) {
    const auto request = slo::read_end_session_request(is_post, text);
    if (!request) continue;
    slo::fuzz::promise(is_post || (!request->ticket && !request->choice), "a ticket counts in a POST only");
    slo::fuzz::promise(request->state.value_or("").size() <= slo::max_state, "a state has a limit");
  }
}
