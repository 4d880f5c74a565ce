// SPDX-License-Identifier: BSD-2-Clause
// Unbundling: draws the deliveries of sessions with many clients out of their bundles, a few at a time.
#pragma once

#include <functional>
#include <list>

#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/delivery/settling.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bundle.h"

namespace slo::ngx {

class Unbundling {
 public:
  // `lease_end` by ngx_current_msec.
  using Drawn = std::function<void(Delivery delivery, ngx_msec_t lease_end, Batch::Share share)>;

  Unbundling(const ProviderConf& conf, Store& store, Settling& settling, Drawn drawn);
  Unbundling(const Unbundling&) = delete;

  // `bundle` is leased to us until `lease_end`; whoever waits for it has a part in it through `source`.
  void add(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source);
  // Is there anything to ask for? Not while an answer is awaited.
  bool may_draw() const noexcept { return !is_asked_ && !held_.empty(); }
  std::size_t held() const noexcept { return held_.size(); }
  // Asks for the next few of one bundle, of each in its turn, if it may. What the store did not answer is
  // asked by the next call, unless the lease is over.
  void draw();
  // This worker quits: what is left is due at once for those that stay.
  void hand_back();

 private:
  struct Held {
    redis::Bundle bundle{};
    ngx_msec_t lease_end = 0;
    Batch::Source source{};
  };
  void heard(const Outcome<std::optional<redis::Unbundled>>& unbundled, ngx_msec_t lease_end);
  void drawn(Held& held, const redis::Unbundled& unbundled);
  void put_back(Held held);
  void settle(const Held& held, const Verdict& verdict);

  const ProviderConf& conf_;
  Store& store_;
  Settling& settling_;
  Drawn drawn_;
  std::list<Held> held_{};  // the first is the one that was asked about
  PendingReply pending_{};
  bool is_asked_ = false;
};

}  // namespace slo::ngx
