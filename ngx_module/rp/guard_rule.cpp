// SPDX-License-Identifier: BSD-2-Clause
// slo_guard: reads a rule.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"

namespace slo::ngx {
namespace {

bool is_set(const ngx_http_complex_value_t& value) { return value.value.data != nullptr; }

Outcome<void> read_parameters(ConfLine& line, GuardRule& rule) {
  std::vector<std::string> options = line.words;
  rule.is_dry_run = std::erase(options, "dry_run") > 0;
  return take_options(options, 1,
                      {{"token", take_value(line, rule.token)},
                       {"sid", take_value(line, rule.sid)},
                       {"sub", take_value(line, rule.sub)},
                       {"since", take_value(line, rule.since)},
                       {"error", take_number(rule.error, 400, 599)}});
}

// Without a variable it would be the same for everybody.
Outcome<void> check_value(const char* name, const ngx_http_complex_value_t& value) {
  if (!is_set(value) || value.lengths != nullptr) return {};
  return bad_line(std::string("has no variable in \"") + name + "=" + std::string(view(value.value)) + '"');
}

Outcome<void> check_parameters(ConfLine& line, const GuardRule& rule) {
  for (const auto& [name, value] :
       {std::pair{"token", &rule.token}, {"sid", &rule.sid}, {"sub", &rule.sub}, {"since", &rule.since}})
    if (auto checked = check_value(name, *value); !checked) return checked;
  if (!is_set(rule.token) && !is_set(rule.sid) && !is_set(rule.sub))
    return bad_line("needs \"token=\", \"sid=\" or \"sub=\": by what is a request's session known?");
  if (is_set(rule.since) && !is_set(rule.sub))
    return bad_line("has \"since=\" without \"sub=\", whose sessions are told apart by it");
  if (is_set(rule.sub) && !is_set(rule.since)) {
    warn_at(
        line.cf->log,
        "\"slo_guard\" has \"sub=\" without \"since=\": who is logged out everywhere stays refused for the "
        "provider's \"retention\", however often he logs in",
        place_of(line.cf));
  }
  return {};
}

}  // namespace

Outcome<void> set_guard(ConfLine& line) {
  auto& location = *static_cast<RpLocConf*>(line.conf);
  if (line.words.size() == 1 && line.words[0] == "off") {
    if (!location.guards.empty()) return bad_line("is \"off\" beside another one");
    location.guard_off = true;
    return {};
  }
  if (location.guard_off) return bad_line("is \"off\" beside another one");
  static_assert(max_guards == 4);
  if (location.guards.size() == max_guards) return bad_line("is the fifth here, there may be four");
  auto& rule = pool_new<GuardRule>(line.cf->pool);
  if (auto read = read_parameters(line, rule); !read) return read;
  if (auto checked = check_parameters(line, rule); !checked) return checked;
  refer(line, line.words[0], &rule.provider);
  location.guards.push_back(&rule);
  main_conf(line.cf).needs_marks = true;
  return {};
}

}  // namespace slo::ngx
