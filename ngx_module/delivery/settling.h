// SPDX-License-Identifier: BSD-2-Clause
// Settlements: verdicts on their way to Redis, one pipelined batch per turn of the event loop.
//
// While the store is away they are kept and offered again until their lease is over; then the lease decides,
// and the delivery is made once more.
#pragma once

#include <list>
#include <vector>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/store/store.h"
#include "redis_schema/deliveries.h"

namespace slo::ngx {

class Settling {
 public:
  Settling(const ProviderConf& conf, Store& store, ngx_log_t* log);

  // `lease_end`: by ngx_current_msec.
  void add(redis::Settlement settlement, ngx_msec_t lease_end);

 private:
  struct Kept {
    redis::Settlement settlement{};
    ngx_msec_t lease_end = 0;
  };
  struct Sent {
    std::vector<Kept> batch{};
    PendingReply pending{};
  };
  void flush();
  void send(std::vector<Kept> batch);
  void heard(std::list<Sent>::iterator sent, const Outcome<std::vector<redis::Settled>>& settled);
  void keep(std::vector<Kept> batch);
  void drop_what_is_over();

  const ProviderConf& conf_;
  Store& store_;
  ngx_log_t* log_;
  std::vector<Kept> kept_{};
  std::list<Sent> sent_{};
  bool is_away_ = false;  // the store did not take the last batch
  Event flush_;
};

}  // namespace slo::ngx
