// SPDX-License-Identifier: BSD-2-Clause
// slo_logout: a press ends a session here, before the application sees it and the browser goes on to the OP.
#pragma once

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/logout_way.h"

namespace slo::ngx {

// In the phase behind access. Main requests alone, each once, whatever internal redirects follow. Who ends
// nothing is answered by us alone.
ngx_int_t install_logout_button(ngx_conf_t* cf);

// The page takes the place of what an application, or nginx for it, answers: logout_button_filter.cpp.
ngx_int_t install_logout_button_filter(ngx_conf_t* cf);

// $slo_logout_url: logout_url.cpp.
ngx_int_t add_logout_url(ngx_conf_t* cf);

}  // namespace slo::ngx
