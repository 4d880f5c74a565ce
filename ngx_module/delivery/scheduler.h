// SPDX-License-Identifier: BSD-2-Clause
// The scheduler of one provider's deliveries: queue, sign, call, judge, settle.
//
// A leased delivery waits in its receiver's queue (core/delivery/receiver_queues.h, which decides who is
// next) and becomes an attempt, whose states stand in attempt.h. pump() alone moves on what can be moved on.
#pragma once

#include <deque>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/addressees.h"
#include "ngx_module/delivery/application_calls.h"
#include "ngx_module/delivery/attempt.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/delivery/claiming.h"
#include "ngx_module/delivery/settling.h"
#include "ngx_module/delivery/signing_pool.h"
#include "ngx_module/delivery/unbundling.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/store/loop_budget.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {

class DeliveryScheduler {
 public:
  DeliveryScheduler(const ProviderConf& conf, Store& store, LoopBudget& budget, ngx_log_t* log);
  DeliveryScheduler(const DeliveryScheduler&) = delete;

  // Leased to us until `lease_end` (by ngx_current_msec). Where nothing of this provider leaves
  // from here, deliveries are left to hosts where it does.
  void take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share);
  void take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source);
  void take(redis::Owed owed, ngx_msec_t lease_end);

  // Not while twice as many wait to be started as may be on their way.
  bool has_room() const {
    return conf_.delivers() &&
           fresh_.size() + queues_.waiting() + unbundling_.held() < 2 * std::size_t{places_};
  }

 private:
  using At = Attempts::At;

  // In the order of a delivery's life.
  void pump();
  void sort_in(LeasedDelivery leased);
  bool start_all();
  void start(Queues::Started started);
  bool has_time(const Attempt& attempt) const {
    return time_left(attempt.leased.lease_end) >= conf_.provider.delivery.timeout;
  }
  LeasedDelivery withdraw(At attempt);
  void sign(At attempt);
  void call_application(At attempt);
  bool is_worth_a_thread(bool is_slow) const;
  void signed_or_not(At attempt, Outcome<Call> sealed);
  void launch_ready();
  void launch(At attempt);
  const DeliveryLocation& way_of(const Attempt& attempt) const {
    return attempt.sealed.is_own_location ? conf_.application_servers.at(attempt.leased.delivery.client)
                                          : *conf_.delivery_location;
  }
  void grow_old();
  void watch_age();
  void answered(At attempt, const Answer& answer);
  void note_receiver(Attempt& attempt, const Answer& answer, const Verdict& verdict);
  void conclude(Delivery delivery, LeasedDelivery& leased, const Verdict& verdict);
  void conclude(At attempt, const Verdict& verdict);  // that is not called
  void put_off(LeasedDelivery leased, Millis shut_for);
  void put_off_turned_away();
  void hand_back();

  // So early that there is always something to start until the answer has come.
  bool wants_more() const { return unbundling_.may_draw() && fresh_.size() + queues_.ready() < places_; }
  // Whoever is told first is, before Redis and the signing threads are given more to do.
  bool is_first_to_come() const { return attempts_.are_none_called() && attempts_.not_called() > 0; }
  void claim();

  const ProviderConf& conf_;
  LoopBudget& budget_;
  ngx_log_t* log_;
  std::deque<LeasedDelivery> fresh_{};  // not in a queue yet
  const unsigned places_;
  Queues queues_;
  Addressees addressees_;
  Attempts attempts_{};
  SigningPool signing_pool_;
  ApplicationCalls application_calls_;
  Settling settling_;
  Unbundling unbundling_;
  Event pump_;
  Event draw_;
  Event age_;
  Claiming claiming_;
};

}  // namespace slo::ngx
