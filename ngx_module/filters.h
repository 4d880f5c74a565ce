// SPDX-License-Identifier: BSD-2-Clause
// Our places in nginx's filter chains: registrations as headers pass by, and the end of an errand's answer.
#pragma once

#include "ngx_module/conf.h"

namespace slo::ngx {

// Once per configuration cycle; installs nothing where no directive of ours needs it.
void install_filters(const MainConf& conf) noexcept;

}  // namespace slo::ngx
