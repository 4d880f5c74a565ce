// SPDX-License-Identifier: BSD-2-Clause
// Moments by nginx's own clock (ngx_current_msec), which wraps round: they are compared by what is left.
#pragma once

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

inline ngx_msec_t deadline_in(Millis time) {
  return ngx_current_msec + static_cast<ngx_msec_t>(time.count());
}
inline Millis time_left(ngx_msec_t deadline) {
  return Millis(static_cast<ngx_msec_int_t>(deadline - ngx_current_msec));
}
inline bool is_past(ngx_msec_t deadline) { return time_left(deadline) <= Millis(0); }

}  // namespace slo::ngx
