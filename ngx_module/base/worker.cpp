// SPDX-License-Identifier: BSD-2-Clause
// Brings to life, and buries, what all roles share in a worker.
#include "ngx_module/base/worker.h"

#include <memory>
#include <optional>

#include "ngx_module/clients/client_renewal.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/answer_filters.h"
#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/marks/feed.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/thread_end.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {
namespace {

struct Worker {
  Worker(const MainConf& conf, ngx_log_t* log)
      : store(conf.store->link, log), dispatcher(conf, store, log), keys(conf, log), clients(conf, log) {
    if (conf.store->marks_zone == nullptr) return;
    marks.emplace(conf);
    feed.emplace(conf, *marks, log);
  }

  Store store;
  Dispatcher dispatcher;
  KeyFetcher keys;
  ClientRenewals clients;
  std::optional<Marks> marks{};
  std::optional<Feed> feed{};
};

std::unique_ptr<Worker> this_worker;

constexpr Millis max_end_of_threads{1000};

}  // namespace

ngx_int_t start_worker(ngx_cycle_t* cycle) {
  if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
  const MainConf* conf = main_conf(cycle);
  if (conf == nullptr || !conf->store) return NGX_OK;
  use_zone(conf->store->zone);
  go_before_all_filters(*conf);
  this_worker = std::make_unique<Worker>(*conf, cycle->log);
  use_store(&this_worker->store);
  use_dispatcher(&this_worker->dispatcher);
  use_key_fetcher(&this_worker->keys);
  use_client_renewals(&this_worker->clients);
  use_marks(this_worker->marks ? &*this_worker->marks : nullptr);
  ngx_log_debug0(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo base: store and dispatcher begin");
  return NGX_OK;
}

void stop_worker(ngx_cycle_t* cycle) {
  if (!this_worker) return;
  this_worker->dispatcher.quit();
  this_worker->store.quit();
  this_worker->feed.reset();
  use_marks(nullptr);
  use_client_renewals(nullptr);
  use_key_fetcher(nullptr);
  use_dispatcher(nullptr);
  use_store(nullptr);
  this_worker.reset();
  use_zone(nullptr);
  log_left_out(cycle->log, true);
  // nginx has told its threads to end, but not waited for it.
  if (!ThreadEnd::await(max_end_of_threads))
    ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "slo: a thread that has signed or decrypted does not end");
  ngx_log_debug0(NGX_LOG_DEBUG_CORE, cycle->log, 0, "slo base: store and dispatcher have quit");
}

}  // namespace slo::ngx
