// SPDX-License-Identifier: BSD-2-Clause
// The setters behind the table of applications' directives.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"

namespace slo::ngx {

// line.conf is the AppLocConf
Outcome<void> set_app_logout(ConfLine& line);  // logout_directive.cpp
Outcome<void> set_app_cookie(ConfLine& line);  // cookie_directive.cpp

// A check of the whole configuration, behind settle_applications(): warns of cookies and applications that
// are hardly meant as they stand.
ngx_int_t doubt_cookies(ngx_conf_t* cf);  // cookie_doubts.cpp

Outcome<void> set_bind(ConfLine& line);  // bind_directive.cpp

// A check of the whole configuration: a slo_bind that has nothing to bind is refused.
ngx_int_t check_binds(ngx_conf_t* cf);

}  // namespace slo::ngx
