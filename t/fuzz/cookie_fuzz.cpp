// SPDX-License-Identifier: BSD-2-Clause
// Cookies: all of a name are found, whatever stands around it, and nothing that is not in the header.
#include "core/text/cookie.h"

#include <algorithm>
#include <cctype>

#include "core/names.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  std::size_t first = 0;
  while (first < text.size() && (text[first] == ' ' || text[first] == '\t')) ++first;
  return text.substr(first);
}

// The same by another way: byte by byte, a pair at a time.
std::optional<std::string> found_slowly(std::string_view header, std::string_view wanted) {
  std::string name, value;
  bool has_name = false;
  for (std::size_t i = 0; i <= header.size(); ++i) {
    if (i == header.size() || header[i] == ';') {
      if (has_name && trimmed(name) == wanted) return trimmed(value);
      name.clear(), value.clear(), has_name = false;
    } else if (header[i] == '=' && !has_name) {
      has_name = true;
    } else {
      (has_name ? value : name) += header[i];
    }
  }
  return std::nullopt;
}

void find(const std::string& header, const std::string& name) {
  const auto found = find_cookies(header, name);
  promise(found.empty() != found_slowly(header, name).has_value(), "two readers find the same cookies");
  if (found.empty()) return;
  promise(std::string(found.front()) == *found_slowly(header, name), "two readers find the same value");
  for (const auto value : found) {
    promise(value.empty() || (value.data() >= header.data() &&
                              value.data() + value.size() <= header.data() + header.size()),
            "a value is a part of the header");
    promise(!holds_any(value, ";"), "a value ends before the next cookie");
    promise(without_quotes(value).size() <= value.size(), "quotes are taken off, never put on");
  }
}

void find_among_others(const std::string& before, const std::string& name, const std::string& value) {
  if (name != trimmed(name) || value != trimmed(value) || holds_any(name, "=;") || holds_any(value, ";"))
    return;
  const std::string header = before + "; " + name + "=" + value + "; other=1";
  const auto found = find_cookies(header, name);
  promise(!found.empty(), "a cookie that was sent is found");
  const bool is_sent = std::ranges::find(found, std::string_view(value)) != found.end();
  promise(is_sent, "it has the value that was sent");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const auto name = input.text(), value = input.text();
  const auto header = input.rest();
  slo::fuzz::find(header, name);
  slo::fuzz::find_among_others(header, name, value);
  const auto digest = slo::digest_cookie(name, value);
  slo::fuzz::promise(digest.value.size() == 16 && digest == slo::digest_cookie(name, value),
                     "a digest has 16 bytes");
}
