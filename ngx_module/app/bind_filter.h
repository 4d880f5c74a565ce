// SPDX-License-Identifier: BSD-2-Clause
// slo_bind: the cookies that a login callback's answer sets are tied to their session before they leave.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// In postconfiguration, where there is a slo_bind.
ngx_int_t install_bind_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
