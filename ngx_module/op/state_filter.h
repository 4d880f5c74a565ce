// SPDX-License-Identifier: BSD-2-Clause
// Session Management 1.0: responses that pass by get a session_state, and the browser its state.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Where slo_learn stands, and the provider has a slo_check_session. Called behind install_learn_filter(), so
// that it sees an answer first.
ngx_int_t install_state_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
