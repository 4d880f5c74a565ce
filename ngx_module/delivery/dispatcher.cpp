// SPDX-License-Identifier: BSD-2-Clause
// The worker's delivery loop: one round per provider, and the batches that somebody waits for.
#include "ngx_module/delivery/dispatcher.h"

#include "ngx_module/delivery/batch.h"
#include "ngx_module/delivery/scheduler.h"
#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {

struct Courier::State {
  State(const MainConf& conf, RedisLink& link, ngx_log_t* worker_log) : log(worker_log), turn(worker_log) {
    for (const auto& provider : conf.providers) {
      rounds.push_back(std::make_unique<Round>(provider, link, turn, log));
    }
  }

  Round* round_of(const ProviderConf& provider) {
    return provider.index < rounds.size() ? rounds[provider.index].get() : nullptr;
  }

  ngx_log_t* log;
  Turn turn;
  std::vector<std::unique_ptr<Round>> rounds{};  // by ProviderConf::index; none once the worker has quit
};

namespace {

ngx_msec_t lease_end_of(const ProviderConf& provider) {
  return deadline_in(provider.provider.delivery.lease());
}

}  // namespace

Courier::Courier(const MainConf& conf, RedisLink& link, ngx_log_t* log)
    : state_(std::make_unique<State>(conf, link, log)) {}

Courier::~Courier() = default;

Courier::BatchSeat Courier::dispatch(const ProviderConf& provider, redis::Owed owed, Waiting waiting) {
  Batch* batch = Batch::open(ngx_cycle->log, std::move(waiting));
  BatchSeat seat(batch);
  Round* round = state_->round_of(provider);
  const ngx_msec_t lease_end = lease_end_of(provider);
  for (Delivery& delivery : owed.deliveries) {
    Batch::Share share = batch->share(delivery.client);
    if (round != nullptr) round->take(std::move(delivery), lease_end, std::move(share));
  }
  for (redis::Bundle& bundle : owed.bundles) {
    Batch::Source source = batch->source();
    if (round != nullptr) round->take(std::move(bundle), lease_end, std::move(source));
  }
  batch->close();
  return seat;
}

void Courier::send(const ProviderConf& provider, redis::Owed owed) {
  Round* round = state_->round_of(provider);
  if (round != nullptr) round->take(std::move(owed), lease_end_of(provider));
}

void Courier::quit() noexcept { state_->rounds.clear(); }

Courier::BatchSeat::BatchSeat(Batch* batch) : batch_(batch) {}

Courier::BatchSeat& Courier::BatchSeat::operator=(BatchSeat&& other) noexcept {
  std::swap(batch_, other.batch_);
  return *this;
}

std::vector<Told> Courier::BatchSeat::told() const {
  return batch_ == nullptr ? std::vector<Told>{} : batch_->told();
}

Courier::BatchSeat::~BatchSeat() {
  if (batch_ != nullptr) batch_->leave();
}

}  // namespace slo::ngx
