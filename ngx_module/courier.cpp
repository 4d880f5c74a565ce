// SPDX-License-Identifier: BSD-2-Clause
// The worker's delivery loop: one round per provider, and the batches that somebody waits for.
#include "ngx_module/courier.h"

#include "ngx_module/batch.h"
#include "ngx_module/round.h"

namespace slo::ngx {

Millis lease_of(const DeliveryPolicy& policy) { return policy.timeout + lease_margin; }

struct Courier::State {
  State(const MainConf& conf, RedisLink& link, ngx_log_t* worker_log) : log(worker_log), turn(worker_log) {
    for (const auto& provider : conf.providers) {
      // Without a carrier nothing of this provider can be delivered from here: it is left to hosts that have
      // one.
      bool is_carried = provider.carrier != nullptr;
      rounds.push_back(is_carried ? std::make_unique<Round>(provider, link, turn, log) : nullptr);
    }
  }

  void take(const ProviderConf& provider, Delivery delivery, Batch::Share share) {
    ngx_msec_t lease_end =
        ngx_current_msec + static_cast<ngx_msec_t>(lease_of(provider.provider.delivery).count());
    Round* round = provider.index < rounds.size() ? rounds[provider.index].get() : nullptr;
    if (round != nullptr) round->take(std::move(delivery), lease_end, std::move(share));
  }

  ngx_log_t* log;
  Turn turn;
  std::vector<std::unique_ptr<Round>> rounds{};  // by ProviderConf::index; none once the worker has quit
};

Courier::Courier(const MainConf& conf, RedisLink& link, ngx_log_t* log)
    : state_(std::make_unique<State>(conf, link, log)) {}

Courier::~Courier() = default;

Courier::BatchSeat Courier::dispatch(const ProviderConf& provider, std::vector<Delivery> leased,
                                     WhenTold when_told) {
  state_->turn.begin();  // a thousand of them take their share already
  Batch* batch = Batch::open(ngx_cycle->log, std::move(when_told));
  BatchSeat seat(batch);
  for (Delivery& delivery : leased) {
    Batch::Share share = batch->share(delivery.client);
    state_->take(provider, std::move(delivery), std::move(share));
  }
  batch->close(provider.provider.delivery.wait);
  return seat;
}

void Courier::send(const ProviderConf& provider, std::vector<Delivery> leased) {
  for (Delivery& delivery : leased) state_->take(provider, std::move(delivery), {});
}

void Courier::quit() noexcept { state_->rounds.clear(); }

Courier::BatchSeat::BatchSeat(Batch* batch) : batch_(batch) {}

Courier::BatchSeat& Courier::BatchSeat::operator=(BatchSeat&& other) noexcept {
  std::swap(batch_, other.batch_);
  return *this;
}

Courier::BatchSeat::~BatchSeat() {
  if (batch_ != nullptr) batch_->leave();
}

}  // namespace slo::ngx
