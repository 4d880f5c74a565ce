// SPDX-License-Identifier: BSD-2-Clause
// What tests look for on a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/page.h"

namespace slo {

// The value of the first header of this name; empty if there is none.
inline std::string header_of(const Page& page, std::string_view name) {
  for (const auto& header : page.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

inline bool holds(const Page& page, std::string_view text) {
  return page.body.find(text) != std::string::npos;
}

// What stands between each `before` and the `after` that follows it.
inline std::vector<std::string> all_between(std::string_view text, std::string_view before,
                                            std::string_view after) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(before); at != std::string_view::npos; at = text.find(before, at)) {
    at += before.size();
    found.emplace_back(text.substr(at, text.find(after, at) - at));
  }
  return found;
}

// The sealed ticket in the form of a question page.
inline std::string ticket_on(const Page& page) {
  const auto found = all_between(page.body, "name=\"ticket\" value=\"", "\"");
  return found.empty() ? std::string{} : found.front();
}

}  // namespace slo
