// SPDX-License-Identifier: BSD-2-Clause
// core::Page → nginx response. The only sender.
#pragma once

#include "core/page.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Sends `page` and finalizes the (held) request: the last thing a continuation does.
void respond(ngx_http_request_t& r, const Page& page);

}  // namespace slo::ngx
