// SPDX-License-Identifier: BSD-2-Clause
// Lines that others may cause and that are worth a high level: ten a minute, kind and worker, then a number.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// `slo: <line>`, unless there were too many of this `kind` lately.
void log_bounded(std::string_view kind, ngx_uint_t level, ngx_log_t* log, const std::string& line);

// `slo: <kind>: 990 more in the last minute` for each kind whose minute is over; `at_once` does not wait for
// it. Called every second.
void log_left_out(ngx_log_t* log, bool at_once = false);

}  // namespace slo::ngx
