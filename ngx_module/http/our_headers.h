// SPDX-License-Identifier: BSD-2-Clause
// The headers of our own answers win over what a server sets for all its pages.
#pragma once

#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_headers_module;

namespace slo::ngx {

// `header` is in this answer's headers, as it shall leave. Others of its name will be dropped, but for
// cookies.
void insist_on(ngx_http_request_t& r, ngx_table_elt_t& header);

}  // namespace slo::ngx
