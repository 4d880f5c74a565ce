// SPDX-License-Identifier: BSD-2-Clause
// The header filter that registers the participations which a location's slo_session rules describe.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Once per configuration cycle; installs nothing where there is no provider to register with.
ngx_int_t install_session_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
