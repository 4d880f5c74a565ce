// SPDX-License-Identifier: BSD-2-Clause
// Reads and writes application/x-www-form-urlencoded: `+` is a blank, `%XX` a byte.
#include "core/text/form.h"

#include <algorithm>
#include <array>

namespace slo {
namespace {

using PerByte = std::array<bool, 256>;

constexpr PerByte unreserved = [] {  // RFC 3986, section 2.3
  PerByte table{};
  for (const char c : std::string_view("-._~")) table[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_unreserved(char c) { return unreserved[static_cast<unsigned char>(c)]; }

// Nearly all that is encoded here, tokens above all, is unreserved from end to end.
void append_encoded(std::string& encoded, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  while (!value.empty()) {
    const auto odd = std::ranges::find_if_not(value, is_unreserved);
    encoded.append(value.begin(), odd);
    if (odd == value.end()) return;
    const auto byte = static_cast<unsigned char>(*odd);
    encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
    value = {odd + 1, value.end()};
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { is_blank, is_itself };

bool holds(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

std::optional<std::string> decode_escapes(std::string_view text, Plus plus) {
  // Names and tokens, which are most of what comes, stand there as they are.
  if (!holds(text, '%') && (plus == Plus::is_itself || !holds(text, '+'))) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus == Plus::is_blank ? ' ' : text[i]);
    }
  }
  return decoded;
}

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

// Cuts what stands before the first `separator` off `rest`.
std::string_view cut_field(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view field = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return field;
}

}  // namespace

Outcome<Form> Form::read(std::string_view encoded, std::span<const std::string_view> known) {
  Form form;
  while (!encoded.empty()) {
    std::string_view value = cut_field(encoded, '&');
    const std::optional<std::string> name = decode_escapes(cut_field(value, '='), Plus::is_blank);
    if (!name || std::ranges::find(known, *name) == known.end()) continue;

    if (form.values_.contains(*name))
      return refuse(Fault::parameter_repeated, quoted(*name) + " was sent twice");
    std::optional<std::string> decoded = decode_escapes(value, Plus::is_blank);
    if (!decoded) return refuse(Fault::form_malformed, quoted(*name) + " holds a broken percent escape");
    if (holds(*decoded, '\0')) return refuse(Fault::form_malformed, quoted(*name) + " holds a NUL");
    form.values_.emplace(*name, *std::move(decoded));  // even an empty one: its repetition is refused
  }
  return form;
}

std::optional<std::string> Form::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::string encode_component(std::string_view value) {
  std::string encoded;
  append_encoded(encoded, value);
  return encoded;
}

std::optional<std::string> decode_component(std::string_view value) {
  return decode_escapes(value, Plus::is_itself);
}

std::string encode_form(const Parameters& parameters) {
  std::string encoded;
  for (const auto& [name, value] : parameters) {
    if (!encoded.empty()) encoded.push_back('&');
    append_encoded(encoded, name);
    encoded.push_back('=');
    append_encoded(encoded, value);
  }
  return encoded;
}

}  // namespace slo
