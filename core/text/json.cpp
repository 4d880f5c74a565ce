// SPDX-License-Identifier: BSD-2-Clause
// Reads and writes JSON strictly: one meaning per document, positions for whoever wrote it.
#include "core/text/json.h"

#include <algorithm>

namespace slo {

bool is_json_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t behind_json_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

namespace {

constexpr int deepest_level = 64;

// Lines and columns count from 1; a column is a character, not a byte.
std::string json_position(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto last = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto column = 1 + std::count_if(last.begin(), last.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return std::to_string(line) + ":" + std::to_string(column);
}

// Where nesting gets too deep. Jansson itself allows 2048 levels, and whoever walks its values recurses.
std::optional<std::size_t> find_too_deep(std::string_view text, int level = 0) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = behind_json_string(text, at);
      continue;
    }
    if ((c == '[' || c == '{') && ++level > deepest_level) return at;
    if (c == ']' || c == '}') --level;
    ++at;
  }
  return std::nullopt;
}

// Jansson quotes what stands near the error, which may be a client_secret: only a repeated member's name is
// kept.
std::string json_reason(const json_error_t& error) {
  const std::string_view text = error.text;
  if (json_error_code(&error) == json_error_duplicate_key) return std::string(text);
  return std::string(text.substr(0, text.find(" near ")));
}

// The offset of the first byte of the `index`-th element of a top-level array.
std::optional<std::size_t> find_element(std::string_view text, std::size_t index) {
  int level = 0;
  std::size_t commas = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (level == 1 && commas == index && c != ',' && c != ']' && !is_json_blank(c)) return at;
    if (c == '"') {
      at = behind_json_string(text, at);
      continue;
    }
    if (c == '[' || c == '{') ++level;
    if (c == ']' || c == '}') --level;
    if (c == ',' && level == 1) ++commas;
    ++at;
  }
  return std::nullopt;
}

// The offset of the quote that opens the name of `member` in the object that opens at `at`.
std::optional<std::size_t> find_member(std::string_view text, std::size_t at, std::string_view member) {
  int level = 0;
  bool name_comes = false;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      const auto behind = behind_json_string(text, at);
      if (level == 1 && name_comes && text.substr(at + 1, behind - at - 2) == member) return at;
      name_comes = false;
      at = behind;
      continue;
    }
    if (c == '[' || c == '{') ++level;
    if ((c == ']' || c == '}') && --level == 0) return std::nullopt;
    if (level == 1 && (c == '{' || c == ',')) name_comes = true;
    ++at;
  }
  return std::nullopt;
}

// Where a list or an object that ends in a comma ends, once the reader has stumbled over that: `behind` it.
bool ends_in_comma(std::string_view text, std::size_t behind) {
  if (behind == 0 || behind > text.size() || (text[behind - 1] != ']' && text[behind - 1] != '}'))
    return false;
  std::size_t at = behind - 1;
  while (at > 0 && is_json_blank(text[at - 1])) --at;
  return at > 0 && text[at - 1] == ',';
}

std::string reason_of(std::string_view text, const json_error_t& error) {
  if (error.position > 0 && ends_in_comma(text, static_cast<std::size_t>(error.position))) {
    return "a comma in front of this bracket, remove it";
  }
  return json_reason(error);
}

}  // namespace

bool is_too_deep(std::string_view value, int level) noexcept {
  return find_too_deep(value, level).has_value();
}

Outcome<Json> parse_json(std::string_view text) { return parse_json_by(text, 0); }

Outcome<Json> parse_json_by(std::string_view text, std::size_t flags) {
  if (auto deep = find_too_deep(text)) {
    return refuse(Fault::json_malformed, json_position(text, *deep) + ": more than 64 levels of nesting");
  }
  // Jansson passes over one that stands behind true, false or null.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return refuse(Fault::json_malformed, json_position(text, nul) + ": a NUL byte");
  json_error_t error;
  // An empty view may hold a null pointer, which Jansson calls a wrong argument.
  Json value(json_loadb(text.empty() ? "" : text.data(), text.size(),
                        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | flags, &error));
  if (!value) {
    return refuse(Fault::json_malformed, std::to_string(std::max(error.line, 1)) + ":" +
                                             std::to_string(std::max(error.column, 1)) + ": " +
                                             reason_of(text, error));
  }
  return value;
}

bool is_for_duplicate_member(const Refusal& refusal) noexcept {
  return refusal.fault == Fault::json_malformed &&
         refusal.detail.find(": duplicate object key") != std::string::npos;
}

// Most of what is written is a token's claims, which fit at the first try.
std::string dump_json(const json_t* value) {
  constexpr std::size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
  std::string text(512, '\0');
  const std::size_t size = json_dumpb(value, text.data(), text.size(), flags);
  const bool fits = size <= text.size();
  text.resize(size);
  if (!fits) json_dumpb(value, text.data(), text.size(), flags);
  return text;
}

std::string position_in_array(std::string_view text, std::size_t index, std::string_view member) {
  const auto element = find_element(text, index);
  if (!element) return "1:1";
  if (member.empty() || text[*element] != '{') return json_position(text, *element);
  return json_position(text, find_member(text, *element, member).value_or(*element));
}

std::optional<std::string> string_member(const json_t* object, const char* name) {
  const json_t* member = json_object_get(object, name);
  if (!json_is_string(member)) return std::nullopt;
  return std::string(json_string_value(member), json_string_length(member));
}

std::optional<long long> integer_member(const json_t* object, const char* name) {
  const json_t* member = json_object_get(object, name);
  if (!json_is_integer(member)) return std::nullopt;
  return json_integer_value(member);
}

bool has_member(const json_t* object, const char* name) { return json_object_get(object, name) != nullptr; }

Json make_string(std::string_view value) {
  Json made(json_stringn(value.empty() ? "" : value.data(), value.size()));
  return made ? std::move(made) : Json(json_null());
}

}  // namespace slo
