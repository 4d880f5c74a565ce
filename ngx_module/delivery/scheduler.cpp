// SPDX-License-Identifier: BSD-2-Clause
// The scheduler of one provider's deliveries: queue, sign, call, judge, settle.
#include "ngx_module/delivery/scheduler.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/text/uri.h"
#include "ngx_module/delivery/delivery_log.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/connections.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr Millis until_connections_are_free{20};
constexpr std::size_t max_launched_at_once = 8;
// After that a call only costs a socket; after that its answer is missed.
constexpr Millis young_for{50};
constexpr Millis trusted_for{1000};
// Answers that are still read; beyond that the oldest is cut off.
constexpr std::size_t max_read_on = 64;

// In the order of Verdict's alternatives.
constexpr std::array verdict_counters{Counter::deliveries_delivered, Counter::deliveries_retried,
                                      Counter::deliveries_abandoned};
static_assert(std::variant_size_v<Verdict> == verdict_counters.size());

Millis now() { return Millis(static_cast<Millis::rep>(ngx_current_msec)); }
Millis age_of(const Attempt& attempt) { return -time_left(attempt.began); }

}  // namespace

DeliveryScheduler::DeliveryScheduler(const ProviderConf& conf, Store& store, LoopBudget& budget,
                                     ngx_log_t* log)
    : conf_(conf),
      budget_(budget),
      log_(log),
      places_(connections_for_calls(conf.provider.delivery.concurrency)),
      queues_({.places = places_,
               .per_host = conf.provider.delivery.per_host,
               .breaker = breaker_of(conf.provider.delivery)}),
      addressees_(conf.provider, queues_),
      signing_pool_(conf.provider, conf.threads, log),
      application_calls_(conf, store, log),
      settling_(conf, store, log),
      unbundling_(conf, store, settling_,
                  [this](Delivery delivery, ngx_msec_t lease_end, Batch::Share share) {
                    take(std::move(delivery), lease_end, std::move(share));
                  }),
      pump_(log, [this] { pump(); }),
      draw_(log, [this] { unbundling_.draw(); }),
      age_(log, [this] { grow_old(); }),
      claiming_(
          conf, store, log,
          [this] {
            log_left_out(log_);
            if (queues_.forget_idle(now())) set_open_circuits(conf_.index, queues_.shut());
            if (wants_more()) unbundling_.draw();
            claim();
          },
          [this](redis::Owed owed, ngx_msec_t lease_end) {
            take(std::move(owed), lease_end);
            pump_.post();
          }) {}

void DeliveryScheduler::take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share) {
  if (!conf_.delivers()) return;
  fresh_.push_back({std::move(delivery), lease_end, std::move(share)});
  pump_.post();
}

void DeliveryScheduler::take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source) {
  if (!conf_.delivers()) return;
  unbundling_.add(std::move(bundle), lease_end, std::move(source));
  if (wants_more()) unbundling_.draw();
}

void DeliveryScheduler::take(redis::Owed owed, ngx_msec_t lease_end) {
  for (Delivery& delivery : owed.deliveries) take(std::move(delivery), lease_end, Batch::Share());
  for (redis::Bundle& bundle : owed.bundles) take(std::move(bundle), lease_end, Batch::Source());
}

void DeliveryScheduler::pump() {
  if (ngx_exiting) return hand_back();
  launch_ready();
  const bool is_done = start_all();
  launch_ready();
  put_off_turned_away();
  if (wants_more() && !is_first_to_come()) draw_.post_next();
  if (is_done) claim();
}

// Starts before it sorts: the first of a thousand need not wait. False: pump() will be called again.
bool DeliveryScheduler::start_all() {
  while (queues_.may_start() || !fresh_.empty()) {
    if (budget_.is_over()) return pump_.post_next(), false;
    if (!queues_.may_start()) {
      sort_in(std::move(fresh_.front()));
      fresh_.pop_front();
      continue;
    }
    const std::size_t begun = attempts_.not_called();
    if (!has_connection_for_call(begun, begun == 0 && attempts_.are_none_called()))
      return pump_.after(until_connections_are_free), false;
    if (auto started = queues_.start(now())) start(*std::move(started));
    if (attempts_.in(Attempt::State::ready).size() >= max_launched_at_once || attempts_.are_none_called())
      launch_ready();
  }
  return true;
}

void DeliveryScheduler::sort_in(LeasedDelivery leased) {
  const auto addressee = addressees_.find(leased.delivery);
  if (!addressee) {
    const Verdict verdict =
        judge(conf_.provider.delivery, leased.delivery, addressee.error(), budget_.moment());
    return conclude(std::move(leased.delivery), leased, verdict);
  }
  Queues::Receiver& receiver = *addressee->receiver;
  const auto kept_off = queues_.kept_off(receiver, now());
  if (!kept_off) return queues_.add(receiver, std::move(leased));
  const bool is_last_chance = is_too_old(conf_.provider.delivery, leased.delivery, budget_.moment());
  if (is_last_chance && Queues::takes_last_chance(receiver))
    return queues_.add_last_chance(receiver, std::move(leased));
  put_off(std::move(leased), *kept_off);
}

void DeliveryScheduler::start(Queues::Started started) {
  const At attempt = attempts_.add({.call = started.call, .leased = std::move(started.item)});
  if (!has_time(*attempt)) return put_off(withdraw(attempt), Millis{0});
  sign(attempt);
}

LeasedDelivery DeliveryScheduler::withdraw(At attempt) {
  LeasedDelivery leased = std::move(attempt->leased);
  queues_.over(attempt->call, CallOutcome::nothing, now());
  attempts_.remove(attempt);
  return leased;
}

void DeliveryScheduler::sign(At attempt) {
  const Delivery& delivery = attempt->leased.delivery;
  if (is_application(delivery.client)) return call_application(attempt);
  const bool is_slow = addressees_.at(delivery).is_slow_to_seal;
  if (!is_worth_a_thread(is_slow))
    return signed_or_not(attempt, seal(conf_.provider, delivery, budget_.moment()));
  signing_pool_.seal(delivery, is_slow, [this, attempt](Outcome<Call> sealed) {
    signed_or_not(attempt, std::move(sealed));
    pump_.post();
  });
}

void DeliveryScheduler::call_application(At attempt) {
  application_calls_.make(*attempt, [this, attempt](ApplicationCalls::Made made) {
    pump_.post();
    if (auto* call = std::get_if<Call>(&made)) return signed_or_not(attempt, std::move(*call));
    conclude(attempt, std::get<Verdict>(made));
  });
}

// What is slow is; and so are very many, quick as each may be. But who is told first need not wait for that.
bool DeliveryScheduler::is_worth_a_thread(bool is_slow) const {
  if (conf_.threads == nullptr || is_slow) return conf_.threads != nullptr;
  const bool is_first = attempts_.are_none_called() && attempts_.not_called() == 1;
  return signing_pool_.shares() && !is_first && fresh_.size() + queues_.ready() >= max_launched_at_once;
}

void DeliveryScheduler::signed_or_not(At attempt, Outcome<Call> sealed) {
  if (sealed) {
    attempt->sealed = *std::move(sealed);
    return attempts_.move(attempt, Attempt::State::ready);
  }
  pump_.post();
  conclude(attempt,
           judge(conf_.provider.delivery, attempt->leased.delivery, sealed.error(), budget_.moment()));
}

// Several at a time: without a signature in between, during which a receiver falls asleep again.
void DeliveryScheduler::launch_ready() {
  while (!attempts_.in(Attempt::State::ready).empty()) launch(attempts_.in(Attempt::State::ready).begin());
}

void DeliveryScheduler::launch(At attempt) {
  if (!has_time(*attempt)) return put_off(withdraw(attempt), Millis{0});
  attempt->began = ngx_current_msec;
  attempts_.move(attempt, Attempt::State::in_flight);
  attempt->detached = DetachedCall::launch(
      way_of(*attempt), std::move(attempt->sealed), conf_.provider.delivery.timeout,
      [this, attempt] { return delivery_label(conf_.provider, attempt->leased.delivery); },
      {.answered = [this, attempt](const Answer& answer) { answered(attempt, answer); },
       .over = [this, attempt] { attempts_.remove(attempt); }});
  if (attempts_.in(Attempt::State::in_flight).size() == 1) watch_age();
}

void DeliveryScheduler::grow_old() {
  for (auto& calls = attempts_.in(Attempt::State::in_flight);
       !calls.empty() && age_of(calls.front()) >= young_for;) {
    queues_.grew_old(calls.front().call);
    attempts_.move(calls.begin(), Attempt::State::old);
  }
  for (auto& calls = attempts_.in(Attempt::State::old);
       !calls.empty() && age_of(calls.front()) >= trusted_for;) {
    queues_.grew_suspect(calls.front().call);
    attempts_.move(calls.begin(), Attempt::State::overdue);
  }
  watch_age();
  pump_.post();
}

void DeliveryScheduler::watch_age() {
  const auto& young = attempts_.in(Attempt::State::in_flight);
  const auto& olds = attempts_.in(Attempt::State::old);
  const Millis until_old = young.empty() ? trusted_for : young_for - age_of(young.front());
  const Millis until_overdue = olds.empty() ? trusted_for : trusted_for - age_of(olds.front());
  if (!young.empty() || !olds.empty()) age_.after(std::max(std::min(until_old, until_overdue), Millis{1}));
}

void DeliveryScheduler::answered(At attempt, const Answer& answer) {
  budget_.begin();  // answers are part of our share
  const Verdict verdict = judge(conf_.provider.delivery, attempt->leased.delivery, answer, budget_.moment());
  note_receiver(*attempt, answer, verdict);
  if (!attempt->cookies.empty() && std::holds_alternative<Delivered>(verdict))
    application_calls_.forget(*attempt);
  attempts_.move(attempt, Attempt::State::answered);
  auto& read_on = attempts_.in(Attempt::State::answered);
  if (read_on.size() > max_read_on) read_on.pop_front();
  // The call's lines in the log name the delivery as long as it lasts.
  Delivery& delivery = attempt->leased.delivery;
  conclude(attempt->detached->is_over() ? std::move(delivery) : delivery, attempt->leased, verdict);
  pump_.post();
}

void DeliveryScheduler::note_receiver(Attempt& attempt, const Answer& answer, const Verdict& verdict) {
  const CallOutcome outcome = outcome_of(answer);
  const Queues::Receiver& receiver = *attempt.call.receiver;
  const ReceiverNews news = queues_.over(attempt.call, outcome, now());
  if (outcome == CallOutcome::nothing)
    log_wrong_delivery_location(log_, conf_.provider, attempt.leased.delivery, answer);
  if (answer.by_receiver && answer.status == NGX_HTTP_BAD_REQUEST)
    log_unpublished_key(log_, conf_.provider, attempt.leased.delivery);
  if (news == ReceiverNews::none) return;
  set_open_circuits(conf_.index, queues_.shut());
  const bool is_host = outcome == CallOutcome::host_failed || news == ReceiverNews::host_recovered;
  log_receiver(log_, conf_.provider,
               is_host ? std::string_view(receiver.host->name) : without_query(receiver.uri),
               news != ReceiverNews::shut, answer.by_receiver ? reason_of(verdict) : answer.sample);
}

void DeliveryScheduler::conclude(Delivery delivery, LeasedDelivery& leased, const Verdict& verdict) {
  if (is_attempt(verdict)) count(verdict_counters.at(verdict.index()));
  log_verdict(log_, conf_.provider, delivery, verdict);
  leased.share.answer(told_state(verdict));
  settling_.add({.delivery = std::move(delivery), .verdict = verdict}, leased.lease_end);
}

void DeliveryScheduler::conclude(At attempt, const Verdict& verdict) {
  LeasedDelivery leased = withdraw(attempt);
  conclude(std::move(leased.delivery), leased, verdict);
}

void DeliveryScheduler::put_off(LeasedDelivery leased, Millis shut_for) {
  const RetryAt later = slo::put_off(conf_.provider.delivery, leased.delivery, budget_.moment(), shut_for);
  conclude(std::move(leased.delivery), leased, later);
}

void DeliveryScheduler::put_off_turned_away() {
  for (LeasedDelivery& leased : queues_.take_turned_away()) {
    const Queues::Receiver& receiver = *addressees_.at(leased.delivery).receiver;
    put_off(std::move(leased), queues_.kept_off(receiver, now()).value_or(Millis{0}));
  }
}

// This worker quits: what has not been called is due at once for those that stay.
void DeliveryScheduler::hand_back() {
  unbundling_.hand_back();
  std::vector<LeasedDelivery> left = queues_.take_all();
  std::ranges::move(fresh_, std::back_inserter(left));
  fresh_.clear();
  for (auto& attempts = attempts_.in(Attempt::State::ready); !attempts.empty();)
    left.push_back(withdraw(attempts.begin()));
  for (LeasedDelivery& leased : left) {
    const RetryAt at_once{.delay = Millis(0), .why = "a worker quit", .tried = false};
    settling_.add({.delivery = std::move(leased.delivery), .verdict = at_once}, leased.lease_end);
  }
}

void DeliveryScheduler::claim() {
  if (!conf_.delivers()) return;
  const std::size_t room = queues_.room();
  if (queues_.young() == 0 || room * 4 >= places_) claiming_.claim(room);
}

}  // namespace slo::ngx
