// SPDX-License-Identifier: BSD-2-Clause
// Now, and what is random about it.
#pragma once

#include "core/moment.h"

namespace slo::ngx {

// By nginx's cached clock, with random bytes of this process.
Moment this_moment();

}  // namespace slo::ngx
