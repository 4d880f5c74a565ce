// SPDX-License-Identifier: BSD-2-Clause
// Claims what is due of one provider: retries, and what a dead worker left behind. The sister of settling.h.
#pragma once

#include <functional>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bundle.h"

namespace slo::ngx {

class Claiming {
 public:
  // What was claimed, leased to us until `lease_end`.
  using Claimed = std::function<void(redis::Owed owed, ngx_msec_t lease_end)>;
  // A second has begun: claim() now asks again.
  using Due = std::function<void()>;

  Claiming(const ProviderConf& conf, Store& store, ngx_log_t* log, Due due, Claimed claimed);
  Claiming(const Claiming&) = delete;

  // Asks as many partitions as there is `room` for, in turn, until all have been asked since the last one
  // that gave its limit; then nothing until the next second. One question at a time.
  void claim(std::size_t room);

 private:
  void tick();
  void heard(Outcome<redis::Owed> owed, unsigned limit, ngx_msec_t lease_end);

  const ProviderConf& conf_;
  Store& store_;
  Due due_;
  Claimed claimed_;
  Event tick_;
  PendingReply pending_{};
  bool is_claiming_ = false;
  std::uint16_t cursor_;       // partition that the next claim begins with
  std::uint16_t unasked_ = 0;  // partitions that this second's pass has yet to ask
};

}  // namespace slo::ngx
