// SPDX-License-Identifier: BSD-2-Clause
// Words as headers and HTML have them: with blanks around, in whatever case, with parameters behind.
#pragma once

#include <algorithm>
#include <string_view>

namespace slo {

// Without the blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

inline char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// The same but for the case of their ASCII letters?
inline bool is_same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower_case, lower_case);
}

// A media type without its parameters.
inline std::string_view media_type_of(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

}  // namespace slo
