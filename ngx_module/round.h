// SPDX-License-Identifier: BSD-2-Clause
// The courier's round for one provider: claims what is due, seals, sends errands, judges their answers,
// settles.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/delivery.h"
#include "ngx_module/batch.h"
#include "ngx_module/conf.h"
#include "ngx_module/errand.h"
#include "ngx_module/lanes.h"
#include "ngx_module/redis_link.h"
#include "ngx_module/settling.h"
#include "ngx_module/wake.h"

namespace slo::ngx {

// Signing is the one thing here that takes long: no turn of the event loop spends much more than a
// millisecond on it.
class SigningTime {
 public:
  using Clock = std::chrono::steady_clock;
  explicit SigningTime(ngx_log_t* log) : next_turn_(log, [this] { spent_ = {}; }) {}
  bool is_over() const { return spent_ >= std::chrono::milliseconds(1); }
  void spend(Clock::duration time) {
    spent_ += time;
    next_turn_.post_next();
  }

 private:
  Clock::duration spent_{};
  Wake next_turn_;
};

class Round {
 public:
  Round(const ProviderConf& conf, RedisLink& link, SigningTime& signing, ngx_log_t* log);
  Round(const Round&) = delete;

  // `delivery` is leased to us until `lease_end` (by ngx_current_msec).
  void take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share);

 private:
  struct Parcel {
    Delivery delivery{};
    ngx_msec_t lease_end = 0;
    Batch::Share share{};
  };
  using Lane = Lanes<Parcel>::Lane;
  struct Trip {
    Lane* lane = nullptr;
    Parcel parcel{};
    std::unique_ptr<Errand> errand{};
  };

  void pump();
  bool may_connect() const;
  void start_next();
  void came_back(std::list<Trip>::iterator trip, const Answer& answer);
  void leave_lane(Lane& lane, const Answer& answer, const Verdict& verdict);
  void conclude(Parcel parcel, const Verdict& verdict);
  void postpone(Parcel parcel);
  void hand_back();

  void tick();
  void claim();
  void claimed(const std::vector<Delivery>& deliveries, unsigned limit, ngx_msec_t lease_end);

  const ProviderConf& conf_;
  RedisLink& link_;
  SigningTime& signing_;
  ngx_log_t* log_;
  // The lane of each client. Its URI does not change under a worker, and is not read again for each of a
  // thousand deliveries before the first of them leaves.
  std::unordered_map<ClientId, std::string> receivers_{};
  Lanes<Parcel> lanes_;
  std::list<Trip> trips_{};
  Settling settling_;
  Wake pump_;
  Wake tick_;
  RedisLink::Seat claim_seat_{};
  bool is_claiming_ = false;
  std::uint16_t cursor_ = 0;   // partition that the next claim begins with
  std::uint16_t unasked_ = 0;  // partitions that this second's pass has yet to ask
};

}  // namespace slo::ngx
