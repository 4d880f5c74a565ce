// SPDX-License-Identifier: BSD-2-Clause
// A logout that an OP has sent is recorded, for all hosts and here, and has its log line.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome.h"
#include "core/rp/mark.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/marks.h"

namespace slo::ngx {

// What its log line says besides.
struct Reception {
  std::string_view channel{};  // backchannel, frontchannel
  const Mark& mark;
  redis::Marked marked{};
};

// From here on every worker of this host refuses the session; the others hear of it by their feeds. Called
// before the OP is answered. marks_full: other hosts may refuse it, this one does not, and the log hears of
// it.
Outcome<void> mark_here(const ProviderConf& provider, const Mark& mark, ngx_log_t* log);

// `slo: logout received: session #4qk2pa7x, backchannel, provider "corp"`; counts it.
void log_reception(ngx_log_t* log, const ProviderConf& provider, const Reception& reception);

}  // namespace slo::ngx
