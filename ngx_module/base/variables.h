// SPDX-License-Identifier: BSD-2-Clause
// $slo_*: what logs, maps and the delivery location may know.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_int_t add_variables(ngx_conf_t* cf);

}  // namespace slo::ngx
