// SPDX-License-Identifier: BSD-2-Clause
// Looks at what only the whole configuration shows: keys that will not do what they were meant for.
#pragma once

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Warns of signing keys that clients will not find under the name that their tokens bear.
void warn_of_key_names(ngx_conf_t* cf, const ProviderConf& conf);

}  // namespace slo::ngx
