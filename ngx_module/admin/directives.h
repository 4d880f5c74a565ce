// SPDX-License-Identifier: BSD-2-Clause
// The setters behind the table of the role for administrators, and the content handlers that they name.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// line.conf is the AdminLocConf
Outcome<void> set_api(ConfLine& line);
Outcome<void> set_status(ConfLine& line);

ngx_int_t handle_api(ngx_http_request_t& r);     // api_handler.cpp
ngx_int_t handle_status(ngx_http_request_t& r);  // status_handler.cpp

}  // namespace slo::ngx
