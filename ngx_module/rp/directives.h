// SPDX-License-Identifier: BSD-2-Clause
// The setters behind the table of the relying party's role, and the content handlers that they name.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// line.conf is the RpLocConf
Outcome<void> set_guard(ConfLine& line);  // guard_rule.cpp
Outcome<void> set_backchannel_logout(ConfLine& line);
Outcome<void> set_frontchannel_logout(ConfLine& line);
Outcome<void> set_logout(ConfLine& line);
// What set_logout() leaves to logout_rule.cpp; `answer`: the handler where no application is.
Outcome<void> read_logout_rule(ConfLine& line, ngx_http_handler_pt answer);

ngx_int_t handle_backchannel_logout(ngx_http_request_t& r);   // backchannel_logout_handler.cpp
ngx_int_t handle_frontchannel_logout(ngx_http_request_t& r);  // frontchannel_logout_handler.cpp
ngx_int_t handle_logout_button(ngx_http_request_t& r);        // logout_button_handler.cpp

}  // namespace slo::ngx
