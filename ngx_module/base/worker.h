// SPDX-License-Identifier: BSD-2-Clause
// What one worker owns: store, dispatcher, expiry; born in init_process, dies in exit_process.
#pragma once

#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/op/decryption.h"
#include "ngx_module/op/expiry.h"
#include "ngx_module/op/repeats.h"
#include "ngx_module/redis/store.h"

namespace slo::ngx {

struct Worker {
  Worker(const MainConf& conf, ngx_log_t* log);

  const MainConf& conf;
  ngx_log_t* log;
  Store store;
  Dispatcher dispatcher;
  Expiry expiry;
  Repeats repeats;
  HintDecryption decryption;
};

// This process's worker; null in the master and where no slo_store is configured.
Worker* worker() noexcept;

ngx_int_t start_worker(ngx_cycle_t* cycle);
void stop_worker(ngx_cycle_t* cycle);

}  // namespace slo::ngx
