// SPDX-License-Identifier: BSD-2-Clause
// The courier's round for one provider: claims what is due, seals, sends errands, judges their answers,
// settles.
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
#include "ngx_module/redis/link.h"

namespace slo::ngx {

// Our share of one turn of the event loop, over all providers: what is not done by then waits for the next
// turn, so that other requests of the worker are served in between.
class Turn {
 public:
  explicit Turn(ngx_log_t* log) : next_turn_(log, [this] { began_.reset(), moment_.reset(); }) {}
  void begin() {
    if (!began_) began_ = Clock::now(), next_turn_.post_next();
  }
  bool is_over() {
    begin();
    return Clock::now() - *began_ >= std::chrono::microseconds(400);
  }
  // One for the whole turn: nginx's time stands still in it, and fresh dice take longer than a short token.
  const Moment& moment() {
    if (!moment_) moment_ = this_moment(), next_turn_.post_next();
    return *moment_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> began_{};
  std::optional<Moment> moment_{};
  Wake next_turn_;
};

class Round {
 public:
  Round(const ProviderConf& conf, RedisLink& link, Turn& turn, ngx_log_t* log);
  Round(const Round&) = delete;

  // Leased to us until `lease_end` (by ngx_current_msec). Without a carrier nothing of this provider can be
  // delivered from here: deliveries are left to hosts that have one.
  void take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share);
  void take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source);
  void take(redis::Owed owed, ngx_msec_t lease_end);

 private:
  struct Parcel {
    Delivery delivery{};
    ngx_msec_t lease_end = 0;
    Batch::Share share{};
  };
  using Lane = Lanes<Parcel>::Lane;
  struct Receiver {
    std::string lane;
    bool is_slow_to_seal;
  };
  struct Trip {
    Lane* lane = nullptr;
    Parcel parcel{};
    Envelope envelope{};               // sealed, until it leaves
    std::unique_ptr<Errand> errand{};  // on its way
  };

  void pump();
  bool wants_more() const;
  bool is_first_to_come() const;
  bool start_all();
  void sort_in(Parcel parcel);
  bool may_connect() const;
  void start_next();
  bool are_many() const;
  void sealed(std::list<Trip>::iterator trip, Outcome<Envelope> envelope);
  void launch_sealed();
  void came_back(std::list<Trip>::iterator trip, const Answer& answer);
  void leave_lane(Lane& lane, const Answer& answer, const Verdict& verdict);
  static Told::State state_of(const Verdict& verdict);
  void conclude(Parcel parcel, const Verdict& verdict);
  void postpone(Parcel parcel);
  void hand_back();

  void tick();
  void claim();
  void claimed(redis::Owed owed, unsigned limit, ngx_msec_t lease_end);

  const ProviderConf& conf_;
  RedisLink& link_;
  Turn& turn_;
  ngx_log_t* log_;
  std::deque<Parcel> fresh_{};  // not in a lane yet
  // What is known of each client. Its URI does not change under a worker, and is not read again for each of a
  // thousand deliveries.
  std::unordered_map<ClientId, Receiver> receivers_{};
  Lanes<Parcel> lanes_;
  std::list<Trip> trips_{};
  std::vector<std::list<Trip>::iterator> sealed_{};  // to be launched
  Sealing sealing_;
  Settling settling_;
  Unbundling unbundling_;
  Wake pump_;
  Wake draw_;
  Wake tick_;
  RedisLink::Seat claim_seat_{};
  bool is_claiming_ = false;
  std::uint16_t cursor_ = 0;   // partition that the next claim begins with
  std::uint16_t unasked_ = 0;  // partitions that this second's pass has yet to ask
};

}  // namespace slo::ngx
