// SPDX-License-Identifier: BSD-2-Clause
// slo_end_session and slo_jwks: which handler answers, for which provider.
#include "ngx_module/op/directives.h"

#include "ngx_module/config/conf.h"
#include "ngx_module/config/location.h"

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

}  // namespace slo::ngx
