// SPDX-License-Identifier: BSD-2-Clause
// What a finished call came to: the receiver's own answer, or nginx's verdict about it.
#pragma once

#include "core/delivery.h"
#include "ngx_module/ngx.h"

namespace slo::ngx {

// `rc` is what nginx ended the call with; once the receiver's header has passed, that header counts, however
// the rest of the answer fared. Without the sample.
Answer receiver_answer(const ngx_http_request_t& call, ngx_int_t rc);

}  // namespace slo::ngx
