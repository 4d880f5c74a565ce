// SPDX-License-Identifier: BSD-2-Clause
// Our places in nginx's filter chains: registrations as headers pass by, and the end of a detached call's
// answer.
#pragma once

#include "ngx_module/config/conf.h"

namespace slo::ngx {

// Once per configuration cycle; installs nothing where no directive of ours needs it.
void install_filters(const MainConf& conf) noexcept;

// What receivers answer is for us alone: no filter of nginx or of another module sees it, changes it or fails
// on it. Once per process, when all modules have taken their places.
void go_before_all_filters(const MainConf& conf) noexcept;

}  // namespace slo::ngx
