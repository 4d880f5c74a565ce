// SPDX-License-Identifier: BSD-2-Clause
// slo_guard: reads a rule.
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"

namespace slo::ngx {
namespace {

// `$name` and nothing else.
bool is_variable_alone(const std::string& value) {
  const auto is_of_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return value.size() > 1 && value[0] == '$' && std::all_of(value.begin() + 1, value.end(), is_of_name);
}

// What nginx flushes for one variable is that variable; a capture (`$1`) has no index.
Taker take_value(ConfLine& line, RequestValue& target) {
  return [&line, &target](const std::string& value) -> Outcome<void> {
    if (auto compiled = compile(line, value, target.text); !compiled) return compiled;
    if (is_variable_alone(value) && target.text.flushes != nullptr)
      target.variable = static_cast<ngx_int_t>(target.text.flushes[0]);
    return {};
  };
}

Outcome<void> read_parameters(ConfLine& line, GuardRule& rule) {
  std::vector<std::string> options = line.words;
  rule.is_dry_run = std::erase(options, "dry_run") > 0;
  return take_options(options, 1,
                      {{"token", take_value(line, rule.token)},
                       {"sid", take_value(line, rule.sid)},
                       {"sub", take_value(line, rule.sub)},
                       {"since", take_value(line, rule.since)},
                       {"error", take_number(rule.error, 400, 599)}},
                      {.known = {"dry_run"}});
}

// Without a variable it would be the same for everybody.
Outcome<void> check_value(const char* name, const RequestValue& value) {
  if (!value.is_set() || value.text.lengths != nullptr) return {};
  return bad_line(std::string("has no variable in \"") + name + "=" + std::string(view(value.text.value)) +
                  '"');
}

// With these nginx closes the connection, or answers something else.
bool is_answered(unsigned error) {
  return error != 444 && error != 499 && error != 408 && (error < 494 || error > 498);
}

Outcome<void> check_parameters(ConfLine& line, const GuardRule& rule) {
  if (!is_answered(rule.error))
    return bad_line("cannot answer with \"error=" + std::to_string(rule.error) +
                    "\", which nginx keeps for itself");
  for (const auto& [name, value] :
       {std::pair{"token", &rule.token}, {"sid", &rule.sid}, {"sub", &rule.sub}, {"since", &rule.since}})
    if (auto checked = check_value(name, *value); !checked) return checked;
  if (rule.since.is_set() && !rule.sub.is_set())
    return bad_line("has \"since=\" without \"sub=\", whose sessions are told apart by it");
  if (rule.sub.is_set() && !rule.since.is_set()) {
    warn_at(
        line.cf->log,
        "\"slo_guard\" has \"sub=\" without \"since=\": who is logged out everywhere stays refused for the "
        "provider's \"retention\", however often he logs in",
        place_of(line.cf));
  }
  return {};
}

// By what is a request's session known?
ngx_int_t check_evidence(ngx_conf_t* cf, const GuardRule& rule, const std::string& place) {
  if (rule.is_told() || rule.sees_tracked_cookies) return NGX_OK;
  refuse_at(
      cf->log,
      "\"slo_guard\" needs \"token=\", \"sid=\" or \"sub=\", or a \"slo_cookie\" with \"track\" where it "
      "counts: by what is a request's session known?",
      place);
  return NGX_ERROR;
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
  main_conf(line.cf).checks.push_back(
      [&rule, place = place_of(line.cf)](ngx_conf_t* cf) { return check_evidence(cf, rule, place); });
  return {};
}

}  // namespace slo::ngx
