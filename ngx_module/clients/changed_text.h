// SPDX-License-Identifier: BSD-2-Clause
// What a source of clients has new: a text that is still to be had, in any thread.
#pragma once

#include <functional>
#include <string>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Refused in words that follow the source's name.
using ChangedText = std::function<Outcome<std::string>()>;

// Each worker finds the same in a file: one of them says so.
inline bool tells_for_all() noexcept { return ngx_worker == 0; }

}  // namespace slo::ngx
