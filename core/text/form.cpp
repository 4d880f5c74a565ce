// SPDX-License-Identifier: BSD-2-Clause
// Reads and writes application/x-www-form-urlencoded: `+` is a blank, `%XX` a byte, everything else stands
// for itself.
#include "core/text/form.h"

#include <algorithm>

namespace slo {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { is_blank, is_itself };

std::optional<std::string> decode_escapes(std::string_view text, Plus plus) {
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
    if (decoded->find('\0') != std::string::npos)
      return refuse(Fault::form_malformed, quoted(*name) + " holds a NUL");
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
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(value.size() * 3);
  for (const char c : value) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return encoded;
}

std::optional<std::string> decode_component(std::string_view value) {
  return decode_escapes(value, Plus::is_itself);
}

std::string encode_form(const Parameters& parameters) {
  std::string encoded;
  for (const auto& [name, value] : parameters) {
    if (!encoded.empty()) encoded.push_back('&');
    encoded.append(encode_component(name)).append("=").append(encode_component(value));
  }
  return encoded;
}

}  // namespace slo
