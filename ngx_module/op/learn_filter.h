// SPDX-License-Identifier: BSD-2-Clause
// slo_learn: what an OP's answer tells of a login is stored before the client has the answer.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_int_t install_learn_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
