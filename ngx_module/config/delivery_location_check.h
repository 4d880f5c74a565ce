// SPDX-License-Identifier: BSD-2-Clause
// Looks at the locations with slo_deliver at `nginx -t`: can they carry, and to whom?
#pragma once

#include "ngx_module/config/conf.h"

namespace slo::ngx {

// Refuses what could never deliver, or would carry anybody's requests; finds what DeliveryLocation needs to
// know.
ngx_int_t check_delivery_locations(ngx_conf_t* cf, MainConf& conf);

// Warns of what nginx would only find when a user logs out. REQUIRES: providers know their delivery
// locations.
void warn_of_delivery_locations(ngx_conf_t* cf, const MainConf& conf);

}  // namespace slo::ngx
