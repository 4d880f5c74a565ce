// SPDX-License-Identifier: BSD-2-Clause
// Looks at what only the whole configuration shows: rules and keys that will not do what they were meant for.
#pragma once

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Refuses a slo_session that finds no session; warns of one that registers the cookie from before the login.
ngx_int_t check_session_rule(ngx_conf_t* cf, const SessionRulePlace& place);

// Warns of signing keys that clients will not find under the name that their tokens bear.
void warn_of_key_names(ngx_conf_t* cf, const ProviderConf& conf);

}  // namespace slo::ngx
