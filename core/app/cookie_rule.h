// SPDX-License-Identifier: BSD-2-Clause
// Which request cookies are an application's, and a Cookie header without some of them (slo_cookie).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"

namespace slo {

struct CookieRule {
  std::vector<std::string> names{};  // `NAME`, or `NAME*`: whatever begins so (chunked cookies)
  std::string path{}, domain{};      // where they are set, as far as the operator says
  bool is_tracked = false;           // their values are tied to sessions
  friend bool operator==(const CookieRule&, const CookieRule&) = default;
};

// Under any spelling of cookie_spelling.h.
bool is_its(const CookieRule& rule, std::string_view name) noexcept;
// As the rule writes it itself?
bool is_its_own_spelling(const CookieRule& rule, std::string_view name) noexcept;

// Is there a name that both have?
bool may_share_cookies(const CookieRule& one, const CookieRule& other) noexcept;

struct RequestCookie {
  std::string_view name{}, value{};
  friend bool operator==(const RequestCookie&, const RequestCookie&) = default;
};

// Does another cookie hold one of its? To servers that part cookies at commas and blanks as well, or skip a
// first `=`.
bool hides_its(const CookieRule& rule, const RequestCookie& cookie) noexcept;

// All of a Cookie header, in its order, as find_cookies() reads them: no values without a name.
std::vector<RequestCookie> request_cookies(std::string_view header);
// The same one by one: takes the next off the front of `header`; nullopt: there is none.
std::optional<RequestCookie> take_request_cookie(std::string_view& header);

// `header` without the cookies that go: every other byte of it is kept, but for the separators of what went.
// Empty: none is left.
std::string without_cookies(std::string_view header, const std::function<bool(const RequestCookie&)>& goes);

// Can a cookie have this name, or one that it stands for? configuration_invalid: it is no token of HTTP, has
// a `*` elsewhere than at its end, or is nothing but a `*`.
Outcome<void> check_cookie_name(std::string_view pattern);

}  // namespace slo
