// SPDX-License-Identifier: BSD-2-Clause
// The one subrequest of a detached call: what it asks, and its short way through its location.
#pragma once

#include <string>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// On the wire it is what its name says. As a number it is a method that no proxy_cache takes, whatever its
// proxy_cache_methods: the answer of one receiver is never another's. Like a POST it is not idempotent.
inline constexpr ngx_uint_t method_without_cache = NGX_HTTP_PATCH;

// A header and a body for a subrequest whose lists are its own; `text` outlives it. Null and false: no
// memory.
ngx_table_elt_t* add_request_header(ngx_http_request_t& request, ngx_str_t name, ngx_str_t value);
bool add_request_body(ngx_http_request_t& request, std::string& text);

// Makes `request` what `call` says, which must outlive it. False: no memory.
bool address_call(ngx_http_request_t& request, Call& call);

// Lets the delivery location's own `set`, `if` and `return` say their word, then its proxy_pass, and nothing
// else.
//
// In place of nginx's phases: handlers that other modules have there, switched on for the whole server or all
// of http, are meant for users' requests. They would rewrite, delay, refuse or count the call, or stumble
// over a connection that has no client.
void run_location(ngx_http_request_t& call, const DeliveryLocation& delivery_location);

// A location that was made for logout tokens says `proxy_method POST`, whatever is asked for: a call without
// a body is made by its own method all the same. REQUIRES: nginx has not made its request yet.
void keep_method(ngx_http_upstream_t& upstream, Call& call) noexcept;

// All that nginx has made ready for the receiver, sent already or not.
std::string request_of(const ngx_http_upstream_t& upstream);

}  // namespace slo::ngx
