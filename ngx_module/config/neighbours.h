// SPDX-License-Identifier: BSD-2-Clause
// What directives of other modules beside ours mean for ours: who answers, who is let in.
#pragma once

#include <string_view>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Does a directive of this module of nginx's own (access, auth_request, try_files) count in a location?
bool has_directive_of(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& core, std::string_view module);

// When all is read and merged. Refuses (and logs) a location whose content handler was replaced by a
// directive behind ours; warns of an API that anybody may write to.
ngx_int_t check_neighbours(ngx_conf_t* cf, const MainConf& conf);

}  // namespace slo::ngx
