// SPDX-License-Identifier: BSD-2-Clause
// core::Page → nginx response. The only sender.
#pragma once

#include "core/page.h"
#include "ngx_module/ngx.h"

namespace slo::ngx {

// Sends `page`; the value is for a content handler to return.
ngx_int_t send(ngx_http_request_t& r, const Page& page);

// Sends `page` and finalizes the (held) request: the last thing a continuation does.
void respond(ngx_http_request_t& r, const Page& page);

}  // namespace slo::ngx
