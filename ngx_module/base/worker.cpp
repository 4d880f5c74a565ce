// SPDX-License-Identifier: BSD-2-Clause
// Brings one worker's parts to life and buries them; nothing of it exists in the master.
#include "ngx_module/base/worker.h"

#include <memory>

#include "ngx_module/base/filters.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

std::unique_ptr<Worker> this_worker;

}  // namespace

Worker::Worker(const MainConf& main, ngx_log_t* worker_log)
    : conf(main),
      log(worker_log),
      store(main.store->link, worker_log),
      dispatcher(main, store, worker_log),
      expiry(main, store, dispatcher, worker_log),
      repeats(worker_log),
      decryption(worker_log) {}

Worker* worker() noexcept { return this_worker.get(); }

ngx_int_t start_worker(ngx_cycle_t* cycle) {
  if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
  const auto* conf = static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_slo_module));
  if (conf == nullptr || !conf->store) return NGX_OK;
  use_zone(conf->store->zone);
  go_before_all_filters(*conf);
  this_worker = std::make_unique<Worker>(*conf, cycle->log);
  use_store(&this_worker->store);
  return NGX_OK;
}

void stop_worker(ngx_cycle_t*) {
  if (!this_worker) return;
  this_worker->dispatcher.quit();
  this_worker->store.quit();
  use_store(nullptr);
  this_worker.reset();
  use_zone(nullptr);
}

}  // namespace slo::ngx
