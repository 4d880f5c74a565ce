// SPDX-License-Identifier: BSD-2-Clause
// Finds request cookies and writes Set-Cookie values. RFC 6265bis.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"

namespace slo {

// The value of the first cookie called `name` in one Cookie header (names are case-sensitive); surrounding
// double quotes are kept, for they are part of the value.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name);

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
