// SPDX-License-Identifier: BSD-2-Clause
// The way of an application's logout call through its own server: like a user's request, but not judged.
// judged.
//
// nginx finds the location, whose set, if, rewrite, return and try_files are obeyed, and its content handler
// answers, whichever it is. What would delay, refuse, count or answer a user's request in its place is passed
// by: guards, auth_request, limits, caches.
#pragma once

#include "core/delivery/call.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Where `call` goes, decoded and without its query, and that. False: it is no path.
bool split_target(ngx_http_request_t& parent, Call& call, ngx_str_t& path, ngx_str_t& query);

// Gives the request, which is addressed already, what nginx would have read of somebody's: Host, cookies, the
// URI as it stood, the scheme. False: no memory.
bool complete_own_request(ngx_http_request_t& request, Call& call, const DeliveryLocation& server);

void run_own_location(ngx_http_request_t& call, const DeliveryLocation& server);

// From now on nothing the application says leads anywhere else (X-Accel-Redirect, error_page).
void stay_where_it_is(ngx_http_request_t& call) noexcept;

}  // namespace slo::ngx
