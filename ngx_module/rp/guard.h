// SPDX-License-Identifier: BSD-2-Clause
// slo_guard: refuses requests of ended sessions, after all that nginx itself asks of them.
#pragma once

#include <string_view>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// In the phase behind access, which nothing overrules (`satisfy any`), and in front of content. Main requests
// alone; each guard judges a request once, whatever internal redirects follow, and none judges what is
// answered to one that was refused.
ngx_int_t install_guard(ngx_conf_t* cf);

// $slo_status; empty where no guard has judged.
ngx_int_t add_guard_variables(ngx_conf_t* cf);

}  // namespace slo::ngx
