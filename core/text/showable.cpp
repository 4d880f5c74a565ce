// SPDX-License-Identifier: BSD-2-Clause
// Cuts out of a text what may be a secret, even where the text is malformed: that is when messages are made.
#include "core/text/showable.h"

#include <algorithm>

namespace slo {

std::string showable_uri(std::string_view text) {
  constexpr std::size_t longest = 120;
  // An unescaped `/`, `?` or `#` in a password moves the end of what a parser takes for the authority: the
  // last
  // @ of all decides.
  std::string shown;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::size_t authority = text.find("//");
    if (authority < at) shown = text.substr(0, authority + 2);
    shown += "...";
    text.remove_prefix(at);
  }
  const std::size_t query = text.find('?');
  shown += text.substr(0, query);
  if (query != std::string_view::npos) shown += "?...";
  if (shown.size() > longest) shown.replace(longest, std::string::npos, "...");
  std::ranges::replace_if(
      shown, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return shown;
}

bool is_showable_name(std::string_view word) noexcept {
  return is_showable_word(word) &&
         std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool is_showable_word(std::string_view word) noexcept {
  constexpr std::size_t longest = 40;
  return !word.empty() && word.size() <= longest &&
         std::ranges::all_of(word, [](char c) { return c > 0x20 && c < 0x7F && c != '"'; });
}

}  // namespace slo
