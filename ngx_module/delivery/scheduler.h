// SPDX-License-Identifier: BSD-2-Clause
// The scheduler of one provider's deliveries: claims what is due, seals, sends detached calls, judges their
// answers, settles.
#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/delivery/receiver_queues.h"
#include "ngx_module/delivery/settling.h"
#include "ngx_module/delivery/signing_pool.h"
#include "ngx_module/delivery/unbundling.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/redis/store.h"

namespace slo::ngx {

// Our share of one turn of the event loop, over all providers: what is not done by then waits for the next
// turn, so that other requests of the worker are served in between.
class LoopBudget {
 public:
  explicit LoopBudget(ngx_log_t* log) : next_turn_(log, [this] { began_.reset(), moment_.reset(); }) {}
  void begin() {
    if (!began_) began_ = Clock::now(), next_turn_.post_next();
  }
  bool is_over() {
    begin();
    return Clock::now() - *began_ >= std::chrono::microseconds(400);
  }
  // One for the whole turn: nginx's time stands still in it, and fresh random bytes take longer than a short
  // token.
  const Moment& moment() {
    if (!moment_) moment_ = this_moment(), next_turn_.post_next();
    return *moment_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> began_{};
  std::optional<Moment> moment_{};
  Event next_turn_;
};

class DeliveryScheduler {
 public:
  DeliveryScheduler(const ProviderConf& conf, Store& store, LoopBudget& turn, ngx_log_t* log);
  DeliveryScheduler(const DeliveryScheduler&) = delete;

  // Leased to us until `lease_end` (by ngx_current_msec). Without a delivery location nothing of this
  // provider can be delivered from here: deliveries are left to hosts that have one.
  void take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share);
  void take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source);
  void take(redis::Owed owed, ngx_msec_t lease_end);

 private:
  struct LeasedDelivery {
    Delivery delivery{};
    ngx_msec_t lease_end = 0;
    Batch::Share share{};
  };
  using ReceiverQueue = ReceiverQueues<LeasedDelivery>::ReceiverQueue;
  struct Receiver {
    std::string queue;
    bool is_slow_to_seal;
  };
  struct Attempt {
    ReceiverQueue* queue = nullptr;
    LeasedDelivery leased{};
    Envelope envelope{};                   // sealed, until it leaves
    std::unique_ptr<DetachedCall> call{};  // on its way
  };

  void pump();
  bool wants_more() const;
  bool is_first_to_come() const;
  bool start_all();
  void sort_in(LeasedDelivery leased);
  bool may_connect() const;
  void start_next();
  bool are_many() const;
  void sealed(std::list<Attempt>::iterator attempt, Outcome<Envelope> envelope);
  void launch_sealed();
  void came_back(std::list<Attempt>::iterator attempt, const Answer& answer);
  void leave_lane(ReceiverQueue& queue, const Answer& answer, const Verdict& verdict);
  static Told::State state_of(const Verdict& verdict);
  void conclude(LeasedDelivery leased, const Verdict& verdict);
  void postpone(LeasedDelivery leased);
  void hand_back();

  void tick();
  void claim();
  void claimed(redis::Owed owed, unsigned limit, ngx_msec_t lease_end);

  const ProviderConf& conf_;
  Store& store_;
  LoopBudget& budget_;
  ngx_log_t* log_;
  std::deque<LeasedDelivery> fresh_{};  // not in a queue yet
  // What is known of each client. Its URI does not change under a worker, and is not read again for each of a
  // thousand deliveries.
  std::unordered_map<ClientId, Receiver> receivers_{};
  ReceiverQueues<LeasedDelivery> queues_;
  std::list<Attempt> attempts_{};
  std::vector<std::list<Attempt>::iterator> sealed_{};  // to be launched
  SigningPool signing_pool_;
  Settling settling_;
  Unbundling unbundling_;
  Event pump_;
  Event draw_;
  Event tick_;
  PendingReply pending_claim_{};
  bool is_claiming_ = false;
  std::uint16_t cursor_ = 0;   // partition that the next claim begins with
  std::uint16_t unasked_ = 0;  // partitions that this second's pass has yet to ask
};

}  // namespace slo::ngx
