// SPDX-License-Identifier: BSD-2-Clause
// Changes a few members of somebody's JSON document: finds them, and writes around them.
#include "core/text/json_edit.h"

#include <algorithm>

namespace slo {
namespace {

std::size_t behind_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_json_blank(text[at])) ++at;
  return at;
}

// Where the last byte that is no blank ends, of those in front of `end`.
std::size_t before_blanks(std::string_view text, std::size_t end) {
  while (end > 0 && is_json_blank(text[end - 1])) --end;
  return end;
}

// Where the value ends that begins at `at`: a string, what brackets hold, or a word.
std::size_t behind_json_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return behind_json_string(text, at);
  for (int level = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = behind_json_string(text, at);
      continue;
    }
    if (level == 0 && (c == ',' || c == '}' || c == ']' || is_json_blank(c))) return at;
    if (c == '{' || c == '[') ++level;
    ++at;
    if ((c == '}' || c == ']') && --level == 0) return at;
  }
  return at;
}

// Without its quotes and escapes.
std::string read_name(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
  const Json name(json_loadb(quoted.data(), quoted.size(), JSON_DECODE_ANY, nullptr));
  return std::string(json_string_value(name.get()), json_string_length(name.get()));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

// `added` in front of the bracket at `bracket`, behind what there is.
std::string added_in_front_of(std::string_view text, std::size_t bracket, const std::string& added) {
  const std::size_t end = before_blanks(text, bracket);
  const bool is_first = text[end - 1] == '{' || text[end - 1] == '[';
  return std::string(text.substr(0, end)) + (is_first || added.empty() ? "" : ",") + added +
         std::string(text.substr(end));
}

}  // namespace

Outcome<Json> parse_kept_json(std::string_view text) {
  return parse_json_by(text, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL);
}

std::vector<JsonMember> members_of(std::string_view text) {
  std::vector<JsonMember> members;
  std::size_t at = behind_blanks(text, behind_blanks(text, 0) + 1);
  while (text[at] == '"') {
    const std::size_t name_end = behind_json_string(text, at);
    JsonMember member{.name = read_name(text.substr(at, name_end - at))};
    member.from = behind_blanks(text, behind_blanks(text, name_end) + 1);
    member.to = behind_json_value(text, member.from);
    at = behind_blanks(text, member.to);
    members.push_back(std::move(member));
    if (text[at] == ',') at = behind_blanks(text, at + 1);
  }
  return members;
}

std::string with_members(std::string_view object, const JsonTexts& members) {
  std::string text;
  std::size_t done = 0;
  std::vector<std::string_view> changed;
  for (const JsonMember& theirs : members_of(object)) {
    const auto ours = std::ranges::find(members, theirs.name, [](const auto& one) { return one.first; });
    if (ours == members.end()) continue;
    text.append(object.substr(done, theirs.from - done)).append(ours->second);
    done = theirs.to;
    changed.push_back(ours->first);
  }
  text.append(object.substr(done));
  std::vector<std::string> added;
  for (const auto& [name, value] : members) {
    if (std::ranges::find(changed, name) == changed.end()) {
      added.push_back('"' + std::string(name) + "\":" + value);
    }
  }
  return added_in_front_of(text, text.rfind('}'), joined(added));
}

std::string with_elements(std::string_view object, std::string_view name,
                          const std::vector<std::string>& elements) {
  const auto members = members_of(object);
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return added_in_front_of(object, found->to - 1, joined(elements));
}

}  // namespace slo
