// SPDX-License-Identifier: BSD-2-Clause
// slo_learn: the ID Token in a token response becomes a participation before the client has the response.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_int_t install_learn_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
