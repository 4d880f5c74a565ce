// SPDX-License-Identifier: BSD-2-Clause
// Which session cookies a browser has after an answer, and which it had before.
#include "core/participation/browser_cookies.h"

#include <algorithm>

#include "core/text/cookie.h"
#include "core/text/set_cookie.h"

namespace slo {

BrowserCookies browser_cookies(const Provider& provider, std::span<const std::string_view> sent,
                               std::span<const std::string_view> set, TimeS now) {
  BrowserCookies cookies;
  for (const auto& cookie : provider.session_cookies) {
    if (!cookies.is_set) cookies.current = find_set_cookie(set, cookie.name, now);
    cookies.is_set = cookies.current.has_value();
  }
  const auto is_known = [&cookies](std::string_view value) {
    return value == cookies.current || std::ranges::find(cookies.others, value) != cookies.others.end();
  };
  for (const auto& cookie : provider.session_cookies) {
    for (const std::string_view header : sent) {
      for (const std::string_view value : find_cookies(header, cookie.name)) {
        if (value.empty() || is_known(value)) continue;
        if (!cookies.current) {
          cookies.current = value;
        } else if (cookies.others.size() < max_session_cookies) {
          cookies.others.push_back(value);
        }
      }
    }
  }
  return cookies;
}

std::vector<CookieDigest> digests_of(const Provider& provider, std::string_view value) {
  std::vector<CookieDigest> digests{digest_cookie(provider.cookie_secret, value)};
  const auto bare = without_quotes(value);
  if (bare != value && !bare.empty()) digests.push_back(digest_cookie(provider.cookie_secret, bare));
  return digests;
}

}  // namespace slo
