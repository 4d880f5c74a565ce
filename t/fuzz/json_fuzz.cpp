// SPDX-License-Identifier: BSD-2-Clause
// JSON: one meaning per document, kept by writing and reading again; positions lie within the text.
#include "core/text/json.h"

#include <algorithm>

#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

// `line:column` with both within `text`.
bool is_position_in(std::string_view text, std::string_view position) {
  const auto colon = position.find(':');
  if (colon == std::string_view::npos) return false;
  const auto line = std::strtoul(std::string(position.substr(0, colon)).c_str(), nullptr, 10);
  const auto column = std::strtoul(std::string(position.substr(colon + 1)).c_str(), nullptr, 10);
  const auto lines = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return line >= 1 && line <= lines && column >= 1 && column <= text.size() + 1;
}

void check(const std::string& text) {
  const auto value = parse_json(text);
  if (!value) {
    promise(value.error().fault == Fault::json_malformed, "what is no JSON is malformed");
    promise(is_position_in(text, value.error().detail), "and the detail says where");
    return;
  }
  const auto written = dump_json(value->get());
  promise(!written.empty(), "what was read can be written");
  const auto again = parse_json(written);
  promise(again && is_same_json(again->get(), value->get()), "and is read as the same");
  promise(dump_json(again->get()) == written, "and written as the same");
  promise(!parse_json("[" + text + "}"), "brackets match");
  for (std::size_t i = 0; i <= json_array_size(value->get()); ++i) {
    promise(is_position_in(text, position_in_array(text, i, "client_id")), "a position lies within the text");
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const auto text = input.rest();
  slo::fuzz::check(text);
  if (text.find('\\') == std::string::npos && text.find('"') == std::string::npos) {
    const auto twice = slo::parse_json("{\"" + text + "\":1,\"" + text + "\":2}");
    slo::fuzz::promise(!twice, "a member that stands twice is refused");
  }
  const auto made = slo::make_string(text);
  if (json_is_string(made.get())) {
    slo::fuzz::promise(std::string(json_string_value(made.get()), json_string_length(made.get())) == text,
                       "a string is kept");
  }
}
