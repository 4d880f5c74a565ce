// SPDX-License-Identifier: BSD-2-Clause
// slo_deliver: remembers the location that carries outgoing calls; conf_finish.h looks at it.
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"
#include "ngx_module/config/location.h"

namespace slo::ngx {

Outcome<void> set_deliver(ConfLine& line) {
  auto& location = core_location(line);
  if (!location.exact_match)
    return bad_line("needs a location with \"=\", as in \"location = /_slo/deliver\"");
  main_conf(line.cf).delivery_locations.push_back(
      {.ctx = server_of(line), .uri = location.name, .location = &location, .place = place_of(line.cf)});
  return {};
}

}  // namespace slo::ngx
