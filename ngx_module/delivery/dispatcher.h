// SPDX-License-Identifier: BSD-2-Clause
// The worker's delivery loop: what is owed leaves at once, under caps, and every answer is settled in Redis.
//
// Deliveries come from two sides: dispatch() brings those that an ended session handed us already leased; a
// timer (1 s with jitter) claims what is due: retries, and what a dead worker left behind. Both go through
// one queue per receiver. Verdicts are collected and settled in one pipelined batch for all that came within
// milliseconds.
#pragma once

#include <memory>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bundle.h"

namespace slo::ngx {

class Dispatcher {
 public:
  Dispatcher(const MainConf& conf, Store& store, ngx_log_t* log);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;

  // Sends what is owed (leased just now, for DeliveryPolicy::lease()). Who waits is told as soon as every
  // delivery has had its first answer, or when his time is over; with no time, or nothing owed, at once.
  // REQUIRES: nobody gives up the handle after the end of this, as nginx ends no request after exit_process.
  [[nodiscard]] Batch::Waiting dispatch(const ProviderConf& provider, redis::Owed owed,
                                        BatchListener listener);

  // The same without anybody who waits: expiry, API.
  void send(const ProviderConf& provider, redis::Owed owed);

  // May more be brought? Not while a good part of what was waits to be started.
  bool has_room(const ProviderConf& provider) const;

  void quit() noexcept;  // exit_process

  struct State;

 private:
  std::unique_ptr<State> state_;
};

// This worker's dispatcher; null where there is no store(). Set by who owns it.
Dispatcher* dispatcher() noexcept;
void use_dispatcher(Dispatcher* its) noexcept;

}  // namespace slo::ngx
