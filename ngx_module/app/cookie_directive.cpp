// SPDX-License-Identifier: BSD-2-Clause
// slo_cookie: reads a rule.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/cookie_rule.h"
#include "core/text/closest.h"
#include "core/text/words.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/app/directives.h"

namespace slo::ngx {
namespace {
namespace cookie_directive {  // names of this file alone, in unity builds too

bool is_visible(char c) { return c > 0x20 && c < 0x7F && c != ';'; }

Outcome<void> check_path(const std::string& path) {
  if (path.starts_with('/') && std::ranges::all_of(path, is_visible)) return {};
  return bad_line("has \"path=" + path + "\", which must begin with \"/\" and have neither blanks nor \";\"");
}

bool is_of_domain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

// A dot in front says what browsers assume anyway.
Outcome<void> check_domain(std::string& domain) {
  const std::string given = domain;
  if (domain.starts_with('.')) domain.erase(0, 1);
  const bool is_one = !domain.empty() && !domain.starts_with('.') && !domain.ends_with('.') &&
                      domain.find("..") == std::string::npos && std::ranges::all_of(domain, is_of_domain);
  if (is_one) return {};
  return bad_line("has \"domain=" + given + "\", which is no name of hosts, like \"example.com\"");
}

Outcome<void> check_names(const AppLocConf& location, const CookieRule& rule) {
  if (rule.names.empty()) return bad_line("needs the name of a cookie");
  for (auto name = rule.names.begin(); name != rule.names.end(); ++name) {
    if (auto checked = check_cookie_name(*name); !checked) return checked;
    const auto has_it = [&](const CookieRule* other) { return std::ranges::count(other->names, *name) > 0; };
    if (std::find(rule.names.begin(), name, *name) != name || std::ranges::any_of(location.rules, has_it))
      return bad_line("has the cookie \"" + *name + "\" twice");
  }
  return {};
}

// A cookie of such a name is kept at its own host and path whatever is said here.
Outcome<void> check_prefixes(const CookieRule& rule) {
  const auto is_host = [](const std::string& name) { return name.starts_with("__Host-"); };
  if (std::ranges::none_of(rule.names, is_host)) return {};
  if (!rule.domain.empty() || (!rule.path.empty() && rule.path != "/"))
    return bad_line("has a cookie \"__Host-…\", which has neither a \"domain\" nor a \"path\" but \"/\"");
  return {};
}

// What is meant for an attribute, or for "track", and would be silently waited for in requests.
void doubt_names(const ConfLine& line, const CookieRule& rule) {
  static constexpr std::array<std::string_view, 10> attributes{
      "path",        "domain",  "secure",  "httponly", "samesite",
      "partitioned", "expires", "max-age", "tracked",  "tracking"};
  for (const std::string& name : rule.names) {
    const bool is_one =
        std::ranges::any_of(attributes, [&name](auto other) { return is_same_word(name, other); });
    if (!is_one && closest(name, {"track"}).empty()) continue;
    warn_at(line.cf->log, "\"slo_cookie\": \"" + name + "\" is taken for a cookie's name", place_of(line.cf));
  }
}

Outcome<void> read_rule(ConfLine& line, CookieRule& rule) {
  std::vector<std::string> options;
  for (const std::string& word : line.words) {
    if (word == "track") {
      if (rule.is_tracked) return bad_line("has \"track\" twice");
      rule.is_tracked = true;
    } else if (word.find('=') != std::string::npos) {
      options.push_back(word);
    } else {
      rule.names.push_back(word);
    }
  }
  auto read = take_options(options, 0, {{"path", take_text(rule.path)}, {"domain", take_text(rule.domain)}},
                           {.known = {"track"}});
  if (!read) return read;
  const auto has = [&](const char* option) {
    return std::ranges::any_of(options, [option](const auto& word) { return word.starts_with(option); });
  };
  if (has("path="))
    if (auto checked = check_path(rule.path); !checked) return checked;
  if (has("domain="))
    if (auto checked = check_domain(rule.domain); !checked) return checked;
  return check_prefixes(rule);
}

}  // namespace cookie_directive
}  // namespace

Outcome<void> set_app_cookie(ConfLine& line) {
  auto& location = *static_cast<AppLocConf*>(line.conf);
  if (line.words.size() == 1 && line.words[0] == "off") {
    if (!location.rules.empty() || location.cookie_off) return bad_line("is \"off\" beside another one");
    location.cookie_off = true;
    return {};
  }
  if (location.cookie_off) return bad_line("is \"off\" beside another one");
  CookieRule rule;
  if (auto read = cookie_directive::read_rule(line, rule); !read) return read;
  if (auto checked = cookie_directive::check_names(location, rule); !checked) return checked;
  cookie_directive::doubt_names(line, rule);
  auto& lines = app_main_conf(line.cf).cookie_lines;
  lines.push_back({.rule = std::move(rule), .place = place_of(line.cf)});
  location.rules.push_back(&lines.back().rule);
  return {};
}

}  // namespace slo::ngx
