// SPDX-License-Identifier: BSD-2-Clause
// The setters behind the table of the OP's role, and the content handlers that they name.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

Outcome<void> set_end_session(ConfLine& line);
Outcome<void> set_jwks_location(ConfLine& line);
Outcome<void> set_learn(ConfLine& line);      // line.conf is the OpLocConf
Outcome<void> set_publish(ConfLine& line);    // line.conf is the OpLocConf
Outcome<void> set_discovery(ConfLine& line);  // line.conf is the OpLocConf
Outcome<void> set_session_status(ConfLine& line);
Outcome<void> set_check_session(ConfLine& line);
Outcome<void> set_session_rule(ConfLine& line);  // session_rule.cpp; line.conf is the OpLocConf

ngx_int_t handle_end_session(ngx_http_request_t& r);     // end_session_handler.cpp
ngx_int_t handle_session_status(ngx_http_request_t& r);  // session_status_handler.cpp
ngx_int_t handle_check_session(ngx_http_request_t& r);
ngx_int_t handle_jwks(ngx_http_request_t& r);       // jwks_handler.cpp
ngx_int_t handle_discovery(ngx_http_request_t& r);  // jwks_handler.cpp

}  // namespace slo::ngx
