// SPDX-License-Identifier: BSD-2-Clause
// Now, and what is random about it.
#pragma once

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// By nginx's cached clock, with random bytes of this process.
Moment this_moment();

// The same second, without random bytes, which cost more than to look at a clock.
inline TimeS this_second() noexcept { return TimeS(Seconds(ngx_time())); }

}  // namespace slo::ngx
