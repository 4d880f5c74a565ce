// SPDX-License-Identifier: BSD-2-Clause
// The worker's delivery loop: what is owed leaves at once, under caps, and every answer is settled in Redis.
//
// Deliveries come from two sides: dispatch() brings those that an ended session handed us already leased; a
// timer (1 s with jitter) claims what is due: retries, and what a dead worker left behind. Both go through
// one lane per receiver. Verdicts are collected and settled in one pipelined batch for all that came within
// milliseconds.
#pragma once

#include <memory>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/link.h"
#include "redis_schema/bundle.h"

namespace slo::ngx {

class Courier {
 public:
  // The side that waits for a batch: destroyed, nobody is called; the deliveries go on.
  class BatchSeat {
   public:
    BatchSeat() = default;
    BatchSeat(BatchSeat&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
    BatchSeat& operator=(BatchSeat&& other) noexcept;
    ~BatchSeat();
    std::vector<Told> told() const;  // so far; of an empty seat nobody

   private:
    friend class Courier;
    explicit BatchSeat(Batch* batch);
    Batch* batch_ = nullptr;
  };

  Courier(const MainConf& conf, RedisLink& link, ngx_log_t* log);
  ~Courier();
  Courier(const Courier&) = delete;

  // Sends what is owed (leased just now, for DeliveryPolicy::lease()). Who waits is told as soon as every
  // delivery has had its first answer, or when his time is over; with no time, or nothing owed, at once.
  [[nodiscard]] BatchSeat dispatch(const ProviderConf& provider, redis::Owed owed, Waiting waiting);

  // The same without anybody who waits: expiry, API.
  void send(const ProviderConf& provider, redis::Owed owed);

  void quit() noexcept;  // exit_process

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
