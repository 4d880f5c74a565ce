// SPDX-License-Identifier: BSD-2-Clause
// The last step of reading the configuration, when all of it is there.
#pragma once

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Resolves provider names, picks delivery locations, checks every provider as a whole.
ngx_int_t finish_configuration(ngx_conf_t* cf);

}  // namespace slo::ngx
