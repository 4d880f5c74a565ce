// SPDX-License-Identifier: BSD-2-Clause
// Escapes text for HTML: markup characters become references, control characters U+FFFD.
#include "core/text/html.h"

namespace slo {
namespace {

std::string_view html_of(const char& c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7F) return "\uFFFD";
  return {&c, 1};
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (const char& c : text) escaped.append(html_of(c));
  return escaped;
}

}  // namespace slo
