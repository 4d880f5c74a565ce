// SPDX-License-Identifier: BSD-2-Clause
// What the OP's role does in the background of a worker: born in init_process, gone in exit_process.
#pragma once

#include <list>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/op/decryption.h"
#include "ngx_module/op/expiry.h"
#include "ngx_module/op/repeats.h"

namespace slo::ngx {

struct LearnCtx;
// Answers that wait for the store (slo_learn); null where one waits no more.
using WaitingAnswers = std::list<LearnCtx*>;

// They keep nothing of the store: they ask for it each time, and are called back by it until it has quit,
// which is before they go.
struct OpJobs {
  OpJobs(const MainConf& conf, ngx_log_t* log);

  ngx_log_t* log;
  Expiry expiry;
  Repeats repeats;
  HintDecryption decryption;
  WaitingAnswers waiting{};
};

// This process's; null where there is no store().
OpJobs* op_jobs() noexcept;

// REQUIRES: base's init_process, and its exit_process, have been called before.
ngx_int_t start_op_jobs(ngx_cycle_t* cycle);
void stop_op_jobs(ngx_cycle_t* cycle);

}  // namespace slo::ngx
