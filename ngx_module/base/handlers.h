// SPDX-License-Identifier: BSD-2-Clause
// The content handlers, one per job; each lives in a file of its own name.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_int_t handle_end_session(ngx_http_request_t& r);  // end_session_handler.cpp
ngx_int_t handle_jwks(ngx_http_request_t& r);         // jwks_handler.cpp
ngx_int_t handle_api(ngx_http_request_t& r);          // api_handler.cpp
ngx_int_t handle_status(ngx_http_request_t& r);       // status_handler.cpp

// slo_session: registers the participations that the location's rules describe (registration.cpp).
void register_participations(ngx_http_request_t& r);

}  // namespace slo::ngx
