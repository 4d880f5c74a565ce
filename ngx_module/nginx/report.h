// SPDX-License-Identifier: BSD-2-Clause
// Refusal → one log line. Never a secret: details are written by us and hold none.
#pragma once

#include <string_view>

#include "core/fault.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// `slo: <sentence>: <detail>, provider "main"` at the fault's level; nginx adds client and request where
// `log` knows them. At error a sentence is written ten times a minute at most, and then counted.
void report(ngx_log_t* log, const Refusal& refusal, std::string_view provider);

}  // namespace slo::ngx
