// SPDX-License-Identifier: BSD-2-Clause
// The worker's deliveries: one scheduler per provider, and the batches that somebody waits for.
#include "ngx_module/delivery/dispatcher.h"

#include <list>

#include "ngx_module/delivery/scheduler.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {

struct Dispatcher::State {
  State(const MainConf& conf, Store& store, ngx_log_t* worker_log) : log(worker_log), budget(worker_log) {
    for (const auto& provider : conf.providers) {
      begin_open_circuits(provider.index);
      schedulers.push_back(std::make_unique<DeliveryScheduler>(provider, store, budget, log));
    }
  }

  DeliveryScheduler* scheduler_of(const ProviderConf& provider) {
    return provider.index < schedulers.size() ? schedulers[provider.index].get() : nullptr;
  }

  Batch& open(BatchListener listener) {
    const auto at = batches.emplace(batches.end());
    *at = std::make_unique<Batch>(log, std::move(listener), [this, at] { batches.erase(at); });
    return **at;
  }

  ngx_log_t* log;
  LoopBudget budget;
  // Those that somebody has a part in; the schedulers have some of these.
  std::list<std::unique_ptr<Batch>> batches{};
  // By ProviderConf::index; none once the worker has quit.
  std::vector<std::unique_ptr<DeliveryScheduler>> schedulers{};
};

namespace {

Dispatcher* this_dispatcher = nullptr;

ngx_msec_t lease_end_of(const ProviderConf& provider) {
  return deadline_in(provider.provider.delivery.lease());
}

}  // namespace

Dispatcher::Dispatcher(const MainConf& conf, Store& store, ngx_log_t* log)
    : state_(std::make_unique<State>(conf, store, log)) {}

Dispatcher::~Dispatcher() = default;

Batch::Waiting Dispatcher::dispatch(const ProviderConf& provider, redis::Owed owed, BatchListener listener) {
  Batch& batch = state_->open(std::move(listener));
  Batch::Waiting waiting = batch.waiting();
  DeliveryScheduler* scheduler = state_->scheduler_of(provider);
  const ngx_msec_t lease_end = lease_end_of(provider);
  for (Delivery& delivery : owed.deliveries) {
    Batch::Share share = batch.share(delivery.client);
    if (scheduler != nullptr) scheduler->take(std::move(delivery), lease_end, std::move(share));
  }
  for (redis::Bundle& bundle : owed.bundles) {
    Batch::Source source = batch.source();
    if (scheduler != nullptr) scheduler->take(std::move(bundle), lease_end, std::move(source));
  }
  batch.close();
  return waiting;
}

void Dispatcher::send(const ProviderConf& provider, redis::Owed owed) {
  DeliveryScheduler* scheduler = state_->scheduler_of(provider);
  if (scheduler != nullptr) scheduler->take(std::move(owed), lease_end_of(provider));
}

bool Dispatcher::has_room(const ProviderConf& provider) const {
  const DeliveryScheduler* scheduler = state_->scheduler_of(provider);
  return scheduler != nullptr && scheduler->has_room();
}

void Dispatcher::quit() noexcept { state_->schedulers.clear(); }

Dispatcher* dispatcher() noexcept { return this_dispatcher; }
void use_dispatcher(Dispatcher* its) noexcept { this_dispatcher = its; }

}  // namespace slo::ngx
