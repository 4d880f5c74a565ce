// SPDX-License-Identifier: BSD-2-Clause
// What nginx's own auth_basic does in a location.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Would it ask anybody for a password here? Yes where that hangs on a variable; no with `auth_basic off`, or
// without `auth_basic_user_file`.
bool may_ask_for_password(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& location) noexcept;

// Has it compared a password for this request, and would it have turned it away otherwise? Not so with
// `satisfy any`, where another rule may have let it in, nor for subrequests, which pass no access phase.
bool has_verified_password(ngx_http_request_t& r);

}  // namespace slo::ngx
