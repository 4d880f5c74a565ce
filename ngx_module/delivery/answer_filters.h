// SPDX-License-Identifier: BSD-2-Clause
// Where a detached call's answer ends: in front of all filters.
#pragma once

#include "ngx_module/config/conf.h"

namespace slo::ngx {

// What receivers answer is for us alone: no filter of nginx or of another module sees it, changes it or fails
// on it. Once per process, when all modules have taken their places.
void go_before_all_filters(const MainConf& conf) noexcept;

}  // namespace slo::ngx
