// SPDX-License-Identifier: BSD-2-Clause
// slo_publish: what clients must know of our logout is put into the OP's documents as they pass by.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_int_t install_publish_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
