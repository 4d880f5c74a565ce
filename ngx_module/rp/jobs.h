// SPDX-License-Identifier: BSD-2-Clause
// What the relying party's role has in a worker: tokens and cookies that it has seen, and open requests.
#pragma once

#include "core/moment.h"
#include "ngx_module/app/cookie_cache.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/evidence.h"
#include "ngx_module/rp/open_requests.h"

namespace slo::ngx {

struct RpJobs {
  RpJobs(const Marks& marks, ngx_log_t* log) : tokens(marks), cookies(marks), open_requests(marks, log) {}

  TokenCache tokens;
  CookieCache cookies;
  OpenRequests open_requests;
};

// This process's; null where there are no marks().
RpJobs* rp_jobs() noexcept;

// REQUIRES: base's init_process, and its exit_process, have been called before.
ngx_int_t start_rp_jobs(ngx_cycle_t* cycle);
void stop_rp_jobs(ngx_cycle_t* cycle);

}  // namespace slo::ngx
