// SPDX-License-Identifier: BSD-2-Clause
// slo_end_session and slo_jwks: which handler answers, for which provider; slo_learn: whose tokens pass by.
#include "ngx_module/op/directives.h"

#include "ngx_module/config/conf.h"
#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/conf.h"

namespace slo::ngx {

Outcome<void> set_end_session(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_end_session>, {.hides = Hides::query}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).end_session_places.push_back({.provider = &location.provider, .ctx = server_of(line)});
  return {};
}

Outcome<void> set_jwks_location(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_jwks>, {}); !set) return set;
  refer(line, line.words[0], &loc_conf(line.cf).provider);
  return {};
}

Outcome<void> set_learn(ConfLine& line) {
  auto& location = *static_cast<OpLocConf*>(line.conf);
  if (location.learns_for != nullptr) return bad_line("is duplicate");
  auto& rule = pool_new<LearnRule>(line.cf->pool);
  refer(line, line.words[0], &rule.provider);
  location.learns_for = &rule;
  return {};
}

}  // namespace slo::ngx
