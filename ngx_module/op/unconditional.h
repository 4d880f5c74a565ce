// SPDX-License-Identifier: BSD-2-Clause
// Has the OP asked for the whole of a document, unpacked, whatever a client has of it already.
#pragma once

#include <string>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// If-None-Match and its kind, Range and Accept-Encoding are not handed on, and nginx itself does not heed
// conditions and ranges any more; our own gzip still knows what the client accepts. Returns the
// If-None-Match. Throws std::bad_alloc.
std::string ask_for_all(ngx_http_request_t& r);

}  // namespace slo::ngx
