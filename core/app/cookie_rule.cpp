// SPDX-License-Identifier: BSD-2-Clause
// Picks an application's cookies out of a Cookie header. RFC 6265bis, sections 4.2 and 5.8.
#include "core/app/cookie_rule.h"

#include <algorithm>
#include <optional>

#include "core/app/cookie_spelling.h"
#include "core/text/words.h"

namespace slo {
namespace {

// Takes what stands before the next semicolon, and that, from the front of `header`.
std::string_view take_cookie(std::string_view& header) {
  const std::string_view cookie = header.substr(0, header.find(';'));
  header.remove_prefix(std::min(cookie.size() + 1, header.size()));
  return cookie;
}

std::optional<RequestCookie> read_request_cookie(std::string_view cookie) {
  const std::size_t equals = cookie.find('=');
  if (equals == std::string_view::npos) return std::nullopt;  // a value without a name
  return RequestCookie{.name = trimmed(cookie.substr(0, equals)),
                       .value = trimmed(cookie.substr(equals + 1))};
}

bool is_token_byte(char c) {
  return (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

tl::unexpected<Refusal> no_cookie_name(std::string_view pattern, std::string_view why) {
  return refuse(Fault::configuration_invalid, "\"" + std::string(pattern) + "\" " + std::string(why));
}

}  // namespace

bool is_its(const CookieRule& rule, std::string_view name) noexcept {
  return std::ranges::any_of(rule.names,
                             [name](const std::string& pattern) { return is_spelling_of(pattern, name); });
}

bool hides_its(const CookieRule& rule, const RequestCookie& cookie) noexcept {
  const auto ends_in_its = [&rule](std::string_view before, bool is_alone) {
    const std::size_t last = before.find_last_of(", \t\v\f\"");
    if (last == std::string_view::npos) return is_alone && is_its(rule, before);
    return is_its(rule, before.substr(last + 1));
  };
  if (ends_in_its(cookie.name, false)) return true;
  std::string_view rest = cookie.value;
  bool is_alone = cookie.name.empty();  // "=sid=v": some skip the first "="
  for (std::size_t equals = rest.find('='); equals != std::string_view::npos; equals = rest.find('=')) {
    if (ends_in_its(rest.substr(0, equals), is_alone)) return true;
    rest.remove_prefix(equals + 1);
    is_alone = false;
  }
  return false;
}

bool is_its_own_spelling(const CookieRule& rule, std::string_view name) noexcept {
  return std::ranges::any_of(rule.names, [name](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    return name.starts_with(pattern.substr(0, pattern.size() - 1)) && name == bare(name) &&
           name.find('%') == std::string_view::npos;
  });
}

bool may_share_cookies(const CookieRule& one, const CookieRule& other) noexcept {
  const auto overlap = [](std::string_view a, std::string_view b) {
    if (!a.ends_with('*')) return is_spelling_of(b, a);
    if (!b.ends_with('*')) return is_spelling_of(a, b);
    return is_spelling_of(a, b.substr(0, b.size() - 1)) || is_spelling_of(b, a.substr(0, a.size() - 1));
  };
  return std::ranges::any_of(one.names, [&](const std::string& a) {
    return std::ranges::any_of(other.names, [&](const std::string& b) { return overlap(a, b); });
  });
}

std::vector<RequestCookie> request_cookies(std::string_view header) {
  std::vector<RequestCookie> cookies;
  while (const auto cookie = take_request_cookie(header)) cookies.push_back(*cookie);
  return cookies;
}

std::optional<RequestCookie> take_request_cookie(std::string_view& header) {
  while (!header.empty()) {
    if (const auto cookie = read_request_cookie(take_cookie(header))) return cookie;
  }
  return std::nullopt;
}

std::string without_cookies(std::string_view header, const std::function<bool(const RequestCookie&)>& goes) {
  std::string kept;
  bool is_first = true, has_gone = false;
  for (std::size_t at = 0; at <= header.size();) {
    const std::string_view part = header.substr(at, header.find(';', at) - at);
    at += part.size() + 1;
    if (const auto cookie = read_request_cookie(part); cookie && goes(*cookie)) {
      has_gone = true;
      continue;
    }
    if (!is_first) kept += ';';
    const bool leads_now = is_first && has_gone;
    kept += leads_now ? part.substr(std::min(part.find_first_not_of(" \t"), part.size())) : part;
    is_first = false;
  }
  return kept.find_first_not_of("; \t") == std::string::npos && has_gone ? std::string() : kept;
}

Outcome<void> check_cookie_name(std::string_view pattern) {
  const std::string_view name = pattern.substr(0, pattern.size() - (pattern.ends_with('*') ? 1 : 0));
  if (name.empty()) return no_cookie_name(pattern, "names no cookie");
  if (name.find('*') != std::string_view::npos)
    return no_cookie_name(pattern, "may have a \"*\" only at its end");
  if (!std::ranges::all_of(name, is_token_byte))
    return no_cookie_name(pattern, "cannot be the name of a cookie");
  return {};
}

}  // namespace slo
