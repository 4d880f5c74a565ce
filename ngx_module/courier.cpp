// SPDX-License-Identifier: BSD-2-Clause
// The worker's delivery loop: one round per provider, and the batches that somebody waits for.
#include "ngx_module/courier.h"

#include "ngx_module/batch.h"
#include "ngx_module/round.h"

namespace slo::ngx {

Millis lease_of(const DeliveryPolicy& policy) { return policy.timeout + lease_margin; }

struct Courier::State {
  State(const MainConf& conf, RedisLink& link, ngx_log_t* worker_log) : log(worker_log), signing(worker_log) {
    for (const auto& provider : conf.providers) {
      // Without a carrier nothing of this provider can be delivered from here: it is left to hosts that have
      // one.
      bool is_carried = provider.carrier != nullptr;
      rounds.push_back(is_carried ? std::make_unique<Round>(provider, link, signing, log) : nullptr);
    }
  }

  ngx_log_t* log;
  SigningTime signing;
  std::vector<std::unique_ptr<Round>> rounds{};  // by ProviderConf::index
};

Courier::Courier(const MainConf& conf, RedisLink& link, ngx_log_t* log)
    : state_(std::make_unique<State>(conf, link, log)) {}

Courier::~Courier() = default;

Courier::BatchSeat Courier::dispatch(const ProviderConf& provider, std::vector<Delivery> leased,
                                     WhenTold when_told) {
  const DeliveryPolicy& policy = provider.provider.delivery;
  ngx_msec_t lease_end = ngx_current_msec + static_cast<ngx_msec_t>(lease_of(policy).count());
  Batch* batch = Batch::open(ngx_cycle->log, std::move(when_told));
  BatchSeat seat(batch);
  Round* round = state_ != nullptr ? state_->rounds[provider.index].get() : nullptr;
  for (Delivery& delivery : leased) {
    Batch::Share share = batch->share(delivery.client);
    if (round != nullptr) round->take(std::move(delivery), lease_end, std::move(share));
  }
  batch->close(policy.wait);
  return seat;
}

void Courier::quit() noexcept { state_.reset(); }

Courier::BatchSeat::BatchSeat(Batch* batch) : batch_(batch) {}

Courier::BatchSeat& Courier::BatchSeat::operator=(BatchSeat&& other) noexcept {
  std::swap(batch_, other.batch_);
  return *this;
}

Courier::BatchSeat::~BatchSeat() {
  if (batch_ != nullptr) batch_->leave();
}

}  // namespace slo::ngx
