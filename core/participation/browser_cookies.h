// SPDX-License-Identifier: BSD-2-Clause
// Which session cookies a browser has after an answer, and which it had before.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/provider/provider.h"

namespace slo {

// Views into the headers.
struct BrowserCookies {
  // An OP may change its cookie with the login: what this answer sets, else what the request sent. Of several
  // names the first that says something counts, of several values the first.
  std::optional<std::string_view> current{};
  // What else the request sent, at most max_session_cookies.
  std::vector<std::string_view> others{};
  bool is_set = false;  // by this answer

  bool is_rotated() const { return is_set && !others.empty(); }
  friend bool operator==(const BrowserCookies&, const BrowserCookies&) = default;
};

BrowserCookies browser_cookies(const Provider& provider, std::span<const std::string_view> sent,
                               std::span<const std::string_view> set, TimeS now);

// The digests that a value of a session cookie may be known under: as it is, and without quotes.
std::vector<CookieDigest> digests_of(const Provider& provider, std::string_view value);

}  // namespace slo
