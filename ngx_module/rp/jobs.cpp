// SPDX-License-Identifier: BSD-2-Clause
// Starts the relying party's jobs where the worker has marks, and buries them.
#include "ngx_module/rp/jobs.h"

#include <memory>

namespace slo::ngx {
namespace {

std::unique_ptr<RpJobs> these_jobs;

bool has_open_requests() { return these_jobs && !these_jobs->open_requests.is_empty(); }

}  // namespace

RpJobs* rp_jobs() noexcept { return these_jobs.get(); }

ngx_int_t start_rp_jobs(ngx_cycle_t* cycle) {
  if (marks() == nullptr) return NGX_OK;
  these_jobs = std::make_unique<RpJobs>(*marks(), cycle->log);
  use_cookie_cache(&these_jobs->cookies);
  set_need_of_marks(has_open_requests);
  ngx_log_debug0(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo rp: jobs begin, with marks");
  return NGX_OK;
}

void stop_rp_jobs(ngx_cycle_t* cycle) {
  if (!these_jobs) return;
  ngx_log_debug1(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo rp: jobs end, %s",
                 marks() == nullptr ? "the marks have gone" : "before the marks");
  use_cookie_cache(nullptr);
  these_jobs.reset();
}

}  // namespace slo::ngx
