// SPDX-License-Identifier: BSD-2-Clause
// Finds request cookies and writes Set-Cookie values. RFC 6265bis.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/moment.h"

namespace slo {

enum class CookieName : std::uint8_t { whole, beginning };

// The values of all cookies called `name`, or whose name begins with it, in one Cookie header, in its order:
// a browser sends one for each path and domain that it was set for. Names are case-sensitive; surrounding
// double quotes are kept, for they are part of the value.
std::vector<std::string_view> find_cookies(std::string_view header, std::string_view name,
                                           CookieName match = CookieName::whole);

// Without the pair of double quotes around it, if there is one: some servers read their own cookies so.
std::string_view without_quotes(std::string_view value);

struct CookieScope {
  std::string name{};
  std::string path = "/";
  std::string domain{};  // empty: host-only
  bool secure = true;
  friend bool operator==(const CookieScope&, const CookieScope&) = default;
};

// `name=value; Path=…; HttpOnly; Secure; SameSite=Lax; Max-Age=…`
std::string set_cookie(const CookieScope& scope, std::string_view value, Seconds max_age);
// The same scope, expired: `Max-Age=0` and an Expires in 1970.
std::string clear_cookie(const CookieScope& scope);

}  // namespace slo
