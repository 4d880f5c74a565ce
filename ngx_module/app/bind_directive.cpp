// SPDX-License-Identifier: BSD-2-Clause
// slo_bind: reads a rule, and checks that there is something to bind.
#include <string>
#include <utility>

#include "ngx_module/app/applications.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/app/directives.h"
#include "ngx_module/config/location.h"

namespace slo::ngx {
namespace {

// Without a variable it would be the same for everybody.
Outcome<void> check_value(const char* name, const ngx_http_complex_value_t& value) {
  if (value.value.data == nullptr || value.lengths != nullptr) return {};
  return bad_line(std::string("has no variable in \"") + name + "=" + std::string(view(value.value)) + '"');
}

Outcome<void> check_rule(const BindRule& rule) {
  for (const auto& [name, value] : {std::pair{"sid", &rule.sid}, {"code", &rule.code}, {"sub", &rule.sub}})
    if (auto checked = check_value(name, *value); !checked) return checked;
  const bool has_sid = rule.sid.value.data != nullptr;
  if (has_sid != rule.names_code()) return {};
  return bad_line(has_sid ? "has \"sid=\" and \"code=\": one of them names the session"
                          : "needs \"sid=\" or \"code=\": which session is it that the callback belongs to?");
}

}  // namespace

Outcome<void> set_bind(ConfLine& line) {
  auto& location = *static_cast<AppLocConf*>(line.conf);
  if (location.bind != nullptr) return bad_line("is the second here");
  BindRule& rule = app_main_conf(line.cf).binds.emplace_back();
  rule.place = place_of(line.cf);
  auto read = take_options(line.words, 1,
                           {{"sid", take_value(line, rule.sid)},
                            {"code", take_value(line, rule.code)},
                            {"sub", take_value(line, rule.sub)}});
  if (!read) return read;
  if (auto checked = check_rule(rule); !checked) return checked;
  refer(line, line.words[0], &rule.provider);
  location.bind = &rule;
  rule.location = &location;
  return {};
}

// Where no cookie is tracked, there is nothing to bind.
ngx_int_t check_binds(ngx_conf_t* cf) {
  for (const BindRule& rule : app_main_conf(cf).binds) {
    if (tracks_cookies(*rule.location)) continue;
    refuse_at(
        cf->log,
        "\"slo_bind\" needs \"slo_cookie NAME ... track\" in the same location or around it, which says "
        "whose values it binds",
        rule.place);
    return NGX_ERROR;
  }
  return NGX_OK;
}

}  // namespace slo::ngx
