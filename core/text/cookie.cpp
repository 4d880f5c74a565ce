// SPDX-License-Identifier: BSD-2-Clause
// Finds request cookies and writes Set-Cookie values, as browsers send and understand them. RFC 6265bis.
#include "core/text/cookie.h"

namespace slo {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// A cookie is only replaced or cleared by one of the same name, path and domain, so both writers share this.
std::string scoped_cookie(const CookieScope& scope, std::string_view value) {
  std::string cookie = scope.name;
  cookie.append("=").append(value).append("; Path=").append(scope.path);
  if (!scope.domain.empty()) cookie.append("; Domain=").append(scope.domain);
  cookie.append("; HttpOnly");
  if (scope.secure) cookie.append("; Secure");
  return cookie.append("; SameSite=Lax");
}

}  // namespace

std::vector<std::string_view> find_cookies(std::string_view header, std::string_view name, CookieName match) {
  std::vector<std::string_view> values;
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view pair = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);

    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;  // a value without a name
    const std::string_view found = without_blanks(pair.substr(0, equals));
    const bool matches = match == CookieName::whole ? found == name : found.starts_with(name);
    if (matches) values.push_back(without_blanks(pair.substr(equals + 1)));
  }
  return values;
}

std::string_view without_quotes(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

std::string set_cookie(const CookieScope& scope, std::string_view value, Seconds max_age) {
  return scoped_cookie(scope, value).append("; Max-Age=").append(std::to_string(max_age.count()));
}

std::string clear_cookie(const CookieScope& scope) {
  return scoped_cookie(scope, "").append("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace slo
