// SPDX-License-Identifier: BSD-2-Clause
// Undoes, in the order in which servers do, what they undo in names and values of cookies.
#include "core/app/cookie_spelling.h"

#include <algorithm>

#include "core/text/cookie.h"
#include "core/text/form.h"
#include "core/text/words.h"

namespace slo {
namespace {

bool is_blank(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F || byte == 0x85 || byte == 0xA0;
}

// A byte of UTF-8's two-byte controls and blank, U+0080 to U+00A0.
bool begins_wide_blank(std::string_view text) {
  return text.size() >= 2 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) >= 0x80 &&
         static_cast<unsigned char>(text[1]) <= 0xA0;
}
bool ends_wide_blank(std::string_view text) {
  return text.size() >= 2 && begins_wide_blank(text.substr(text.size() - 2));
}

char as_in_names(char c) { return c == '.' || c == ' ' || c == '+' || c == '[' ? '_' : lower_case(c); }

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// Within quotes: `\163` is a byte, and of `\c` the backslash goes.
std::string without_backslashes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
    } else if (i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
               is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[++i];
    }
  }
  return plain;
}

// Most names can be told apart by their first byte: what no server drops or decodes.
bool begins_otherwise(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || name.empty()) return false;
  const char c = name.front();
  return c > ' ' && c < 0x7F && c != '%' && as_in_names(c) != as_in_names(pattern.front());
}

std::string decoded(std::string_view text) { return decode_component(text).value_or(std::string(text)); }

}  // namespace

std::string_view bare(std::string_view text) noexcept {
  for (;;) {
    if (!text.empty() && is_blank(text.front())) {
      text.remove_prefix(1);
    } else if (begins_wide_blank(text)) {
      text.remove_prefix(2);
    } else {
      break;
    }
  }
  for (;;) {
    if (ends_wide_blank(text)) {
      text.remove_suffix(2);
    } else if (!text.empty() && is_blank(text.back())) {
      text.remove_suffix(1);
    } else {
      return text;
    }
  }
}

std::string plain_name(std::string_view name) {
  std::string plain(bare(decoded(bare(name))));
  std::ranges::transform(plain, plain.begin(), as_in_names);
  return plain;
}

std::string plain_value(std::string_view value) {
  const std::string_view text = bare(value);
  const std::string_view inner = without_quotes(text);
  std::string plain = decoded(inner.size() == text.size() ? std::string(text) : without_backslashes(inner));
  std::ranges::replace(plain, '+', ' ');
  return std::string(bare(plain));
}

bool is_spelling_of(std::string_view pattern, std::string_view name) {
  if (begins_otherwise(pattern, name)) return false;
  const bool is_prefix = pattern.ends_with('*');
  if (is_prefix) pattern.remove_suffix(1);
  const auto fits = [&](std::string_view plain) {
    if (plain.size() < pattern.size() || (!is_prefix && plain.size() != pattern.size())) return false;
    return std::ranges::equal(pattern, plain.substr(0, pattern.size()), {}, as_in_names, as_in_names);
  };
  const std::string_view text = bare(name);
  if (fits(text)) return true;
  return text.find('%') != std::string_view::npos && fits(plain_name(text));
}

}  // namespace slo
