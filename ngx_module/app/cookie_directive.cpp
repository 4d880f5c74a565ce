// SPDX-License-Identifier: BSD-2-Clause
// slo_cookie: reads a rule, and says where one that tracks has no session to tie cookies to.
#include <algorithm>
#include <string>
#include <vector>

#include "core/app/cookie_rule.h"
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
  auto read = take_options(options, 0, {{"path", take_text(rule.path)}, {"domain", take_text(rule.domain)}});
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
  auto& lines = app_main_conf(line.cf).cookie_lines;
  lines.push_back({.rule = std::move(rule), .place = place_of(line.cf)});
  location.rules.push_back(&lines.back().rule);
  return {};
}

// Cookies are tracked where requests tell of sessions.
ngx_int_t check_cookie_lines(ngx_conf_t* cf) {
  const AppMainConf& conf = app_main_conf(cf);
  for (const CookieLine& line : conf.cookie_lines) {
    const auto has_it = [&line](const Belonging& belonging) {
      return std::ranges::find(belonging.location->rules, &line.rule) != belonging.location->rules.end();
    };
    if (!line.rule.is_tracked || std::ranges::any_of(conf.belongings, has_it)) continue;
    warn_at(cf->log,
            "\"slo_cookie\" has \"track\" where neither \"slo_guard\" nor \"slo_bind\" says whose session it "
            "is: nothing is tracked",
            line.place);
  }
  return NGX_OK;
}

}  // namespace slo::ngx
