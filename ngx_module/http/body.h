// SPDX-License-Identifier: BSD-2-Clause
// The front door of every content handler: no answer before the request's body was read or thrown away.
//
// What is left unread of a body is taken for the next request on the connection, in whose name it is
// answered; behind a proxy with kept connections that next request is another user's.
#pragma once

#include "ngx_module/http/ctx.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

inline constexpr std::size_t largest_body = 64 * 1024;

// Reads the whole body, then calls `next` with it (empty for none). A body over largest_body is not received
// any further: `next` gets form_too_large at once, and the connection ends with the answer. The request is
// held from here on, so `next` ends in respond() or ask(); the value is for the content handler to return.
// A body that another location began to read, or threw away, is left alone: `next` gets form_too_large, or
// with GET and HEAD nothing, and what is left of it ends with the connection. REQUIRES: an open ctx.
ngx_int_t read_body(ngx_http_request_t& r, WithBody next);

// For answers that do not depend on the body: what comes of it is thrown away, and `next` answers at once,
// with respond(). Where it is uncertain that all of it comes (`Expect`), the connection ends with the answer.
using WithoutBody = void (*)(ngx_http_request_t& r);
ngx_int_t drop_body(ngx_http_request_t& r, WithoutBody next);
// The same with nginx's own page for `status`.
ngx_int_t drop_body(ngx_http_request_t& r, ngx_int_t status);

}  // namespace slo::ngx
