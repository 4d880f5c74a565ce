// SPDX-License-Identifier: BSD-2-Clause
// nginx request → core's request to end a session.
#pragma once

#include <string_view>

#include "core/op/end_session.h"
#include "core/outcome.h"
#include "core/provider/provider.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// `encoded` is the query of a GET or the body of a POST; adds what the browser's headers say.
Outcome<EndSessionRequest> end_session_request(const ngx_http_request_t& r, const Provider& provider,
                                               std::string_view encoded);

}  // namespace slo::ngx
