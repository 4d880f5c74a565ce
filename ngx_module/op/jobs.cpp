// SPDX-License-Identifier: BSD-2-Clause
// Starts the OP's jobs where the worker has a store, and buries them.
#include "ngx_module/op/jobs.h"

#include <memory>

#include "ngx_module/store/store.h"

namespace slo::ngx {
namespace {

std::unique_ptr<OpJobs> these_jobs;

}  // namespace

OpJobs::OpJobs(const MainConf& conf, ngx_log_t* worker_log)
    : log(worker_log), expiry(conf, worker_log), repeats(worker_log), decryption(worker_log) {}

OpJobs* op_jobs() noexcept { return these_jobs.get(); }

ngx_int_t start_op_jobs(ngx_cycle_t* cycle) {
  if (store() == nullptr) return NGX_OK;
  these_jobs = std::make_unique<OpJobs>(*main_conf(cycle), cycle->log);
  ngx_log_debug0(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo op: jobs begin, with a store");
  return NGX_OK;
}

void stop_op_jobs(ngx_cycle_t* cycle) {
  if (!these_jobs) return;
  ngx_log_debug1(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo op: jobs end, %s",
                 store() == nullptr ? "the store has quit" : "before the store");
  these_jobs.reset();
}

}  // namespace slo::ngx
