// SPDX-License-Identifier: BSD-2-Clause
// The scheduler of one provider's deliveries: claims what is due, seals, sends detached calls, judges their
// answers, settles.
#include "ngx_module/delivery/scheduler.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "ngx_module/delivery/delivery_log.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr Millis until_connections_are_free{20};
constexpr unsigned max_of_one_partition = 16;
constexpr std::size_t max_launched_at_once = 8;

// 0.75 .. 1.25 s: the workers of all hosts spread themselves.
Millis next_second() { return Millis(750 + ngx_random() % 501); }

// In the order of Verdict's alternatives.
constexpr std::array verdict_counters{Counter::deliveries_delivered, Counter::deliveries_retried,
                                      Counter::deliveries_abandoned};
static_assert(std::variant_size_v<Verdict> == verdict_counters.size());

std::string reason_of(const Verdict& verdict) {
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) return retry->why;
  if (const auto* abandon = std::get_if<Abandon>(&verdict)) return abandon->why;
  return {};
}

}  // namespace

DeliveryScheduler::DeliveryScheduler(const ProviderConf& conf, Store& store, LoopBudget& turn, ngx_log_t* log)
    : conf_(conf),
      store_(store),
      budget_(turn),
      log_(log),
      queues_(
          {.in_all = conf.provider.delivery.concurrency, .per_receiver = conf.provider.delivery.per_host}),
      signing_pool_(conf.provider, conf.threads, log),
      settling_(conf, store, log),
      unbundling_(conf, store, settling_,
                  [this](Delivery delivery, ngx_msec_t lease_end, Batch::Share share) {
                    take(std::move(delivery), lease_end, std::move(share));
                  }),
      pump_(log, [this] { pump(); }),
      draw_(log, [this] { unbundling_.draw(); }),
      tick_(log, [this] { tick(); }),
      cursor_(static_cast<std::uint16_t>(ngx_random() % redis::partitions)) {
  tick_.may_be_left();
  tick_.after(next_second());
}

void DeliveryScheduler::take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share) {
  if (conf_.delivery_location == nullptr) return;
  fresh_.push_back({std::move(delivery), lease_end, std::move(share)});
  pump_.post();
}

void DeliveryScheduler::take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source) {
  unbundling_.add(std::move(bundle), lease_end, std::move(source));
  if (wants_more()) unbundling_.draw();
}

void DeliveryScheduler::take(redis::Owed owed, ngx_msec_t lease_end) {
  for (Delivery& delivery : owed.deliveries) take(std::move(delivery), lease_end, Batch::Share());
  for (redis::Bundle& bundle : owed.bundles) take(std::move(bundle), lease_end, Batch::Source());
}

void DeliveryScheduler::pump() {
  if (ngx_exiting) return hand_back();
  launch_sealed();
  const bool is_done = start_all();
  launch_sealed();
  if (wants_more() && !is_first_to_come()) draw_.post_next();
  if (is_done) claim();
}

// Whoever is told first is, before Redis and the signing threads are given more to do.
bool DeliveryScheduler::is_first_to_come() const {
  return !attempts_.empty() && attempts_.back().call == nullptr;
}

// So early that there is always something to start until the answer has come.
bool DeliveryScheduler::wants_more() const {
  return unbundling_.may_draw() && fresh_.size() + queues_.ready() < conf_.provider.delivery.concurrency;
}

// Starts before it sorts: the first receiver of a thousand need not wait for the other queues. False: there
// is more to start, and pump() will be called again.
bool DeliveryScheduler::start_all() {
  while (queues_.may_start() || !fresh_.empty()) {
    if (budget_.is_over()) return pump_.post_next(), false;
    if (queues_.may_start()) {
      if (!may_connect()) return pump_.after(until_connections_are_free), false;
      start_next();
    } else {
      sort_in(std::move(fresh_.front()));
      fresh_.pop_front();
    }
  }
  return true;
}

void DeliveryScheduler::sort_in(LeasedDelivery leased) {
  auto known = receivers_.find(leased.delivery.client);
  if (known == receivers_.end()) {
    Outcome<std::string> receiver = receiver_of(conf_.provider, leased.delivery);
    if (!receiver) {
      Verdict verdict = judge(conf_.provider.delivery, leased.delivery, receiver.error(), budget_.moment());
      return conclude(std::move(leased), verdict);
    }
    Receiver fresh{*std::move(receiver), is_slow_to_seal(conf_.provider, leased.delivery)};
    known = receivers_.emplace(leased.delivery.client, std::move(fresh)).first;
  }
  const std::string& queue = known->second.queue;
  if (queues_.is_shut(queue)) return postpone(std::move(leased));
  queues_.add(queue, std::move(leased));
}

// nginx fails calls at once when it runs out of connections, and clients need some as well.
bool DeliveryScheduler::may_connect() const {
  ngx_uint_t reserve = std::max<ngx_uint_t>(8, ngx_cycle->connection_n / 8);
  ngx_uint_t enough = queues_.running() == 0
                          ? 1
                          : reserve;  // however few there are: one detached call at a time gets through
  return ngx_cycle->free_connection_n > enough;
}

void DeliveryScheduler::start_next() {
  auto [queue, leased] = queues_.start();
  const DeliveryPolicy& policy = conf_.provider.delivery;
  if (time_left(leased.lease_end) < policy.timeout) {
    queues_.over(*queue);
    return postpone(std::move(leased));
  }
  attempts_.push_front({.queue = queue, .leased = std::move(leased)});
  auto attempt = attempts_.begin();
  const Delivery& delivery = attempt->leased.delivery;
  const bool is_slow = receivers_.at(delivery.client).is_slow_to_seal;
  if (conf_.threads != nullptr && (is_slow || are_many())) {
    return signing_pool_.seal(delivery, is_slow, [this, attempt](Outcome<Envelope> envelope) {
      sealed(attempt, std::move(envelope));
      pump_.post();
    });
  }
  sealed(attempt, seal(conf_.provider, delivery, budget_.moment()));
  const bool is_alone = attempts_.size() == 1;  // who is told first need not wait
  if (is_alone || sealed_.size() >= max_launched_at_once) launch_sealed();
}

// So many that waking a thread for some of them is worth it, quick as each of them may be; but who is told
// first need not wait for it.
bool DeliveryScheduler::are_many() const {
  return signing_pool_.shares() && attempts_.size() > 1 &&
         fresh_.size() + queues_.ready() >= max_launched_at_once;
}

void DeliveryScheduler::sealed(std::list<Attempt>::iterator attempt, Outcome<Envelope> envelope) {
  if (envelope) {
    attempt->envelope = *std::move(envelope);
    return sealed_.push_back(attempt);
  }
  Verdict verdict =
      judge(conf_.provider.delivery, attempt->leased.delivery, envelope.error(), budget_.moment());
  queues_.over(*attempt->queue);
  LeasedDelivery leased = std::move(attempt->leased);
  attempts_.erase(attempt);
  pump_.post();
  conclude(std::move(leased), verdict);
}

// Several at a time: their sockets are written to one after the other, without a signature in between during
// which a receiver falls asleep again.
void DeliveryScheduler::launch_sealed() {
  for (auto attempt : std::exchange(sealed_, {})) {
    attempt->call = DetachedCall::launch(
        *conf_.delivery_location, std::move(attempt->envelope), conf_.provider.delivery.timeout,
        [this, attempt] { return delivery_label(conf_.provider, attempt->leased.delivery); },
        [this, attempt](const Answer& answer) { came_back(attempt, answer); });
  }
}

void DeliveryScheduler::came_back(std::list<Attempt>::iterator attempt, const Answer& answer) {
  budget_.begin();  // answers are part of our share
  ReceiverQueue& queue = *attempt->queue;
  LeasedDelivery leased = std::move(attempt->leased);
  attempts_.erase(attempt);
  Verdict verdict = judge(conf_.provider.delivery, leased.delivery, answer, budget_.moment());
  leave_lane(queue, answer, verdict);
  if (answer.by_receiver && answer.status == NGX_HTTP_BAD_REQUEST)
    log_unpublished_key(log_, conf_.provider, leased.delivery);
  conclude(std::move(leased), verdict);
  pump_.post();
}

void DeliveryScheduler::leave_lane(ReceiverQueue& queue, const Answer& answer, const Verdict& verdict) {
  if (is_locations_fault(answer)) {
    log_wrong_delivery_location(log_, conf_.provider, answer);
    return queues_.over(queue);
  }
  bool works = answer.by_receiver && answer.status < NGX_HTTP_INTERNAL_SERVER_ERROR;
  ReceiverNews news = queues_.over(queue, works);
  if (news == ReceiverNews::none) return;
  std::string why = answer.by_receiver ? reason_of(verdict) : answer.sample;
  log_receiver(log_, conf_.provider, queue.name, news == ReceiverNews::recovered, why);
}

Told::State DeliveryScheduler::state_of(const Verdict& verdict) {
  if (std::holds_alternative<Delivered>(verdict)) return Told::State::delivered;
  const auto* abandon = std::get_if<Abandon>(&verdict);
  if (abandon == nullptr) return Told::State::failed;
  return is_receivers_own(*abandon) ? Told::State::refused : Told::State::given_up;
}

void DeliveryScheduler::conclude(LeasedDelivery leased, const Verdict& verdict) {
  if (is_attempt(verdict)) count(verdict_counters.at(verdict.index()));
  log_verdict(log_, conf_.provider, leased.delivery, verdict);
  leased.share.answer(state_of(verdict));
  settling_.add({.delivery = std::move(leased.delivery), .verdict = verdict}, leased.lease_end);
}

// Its receiver keeps it waiting.
void DeliveryScheduler::postpone(LeasedDelivery leased) {
  RetryAt later = put_off(conf_.provider.delivery, leased.delivery, budget_.moment());
  conclude(std::move(leased), later);
}

// This worker quits: what has not started is due at once for those that stay.
void DeliveryScheduler::hand_back() {
  log_left_out(log_, true);
  unbundling_.hand_back();
  std::vector<LeasedDelivery> left = queues_.give_up();
  std::move(fresh_.begin(), fresh_.end(), std::back_inserter(left));
  fresh_.clear();
  for (LeasedDelivery& leased : left) {
    RetryAt at_once{.delay = Millis(0), .why = "a worker quit", .tried = false};
    settling_.add({.delivery = std::move(leased.delivery), .verdict = at_once}, leased.lease_end);
  }
}

void DeliveryScheduler::tick() {
  if (ngx_exiting) return;
  log_left_out(log_);
  tick_.after(next_second());
  unasked_ = redis::partitions;
  if (wants_more()) unbundling_.draw();
  claim();
}

// Asks as many partitions as there is room for, in turn, until all have been asked since the last one that
// gave its limit; then waits for the next second.
void DeliveryScheduler::claim() {
  std::size_t room = queues_.room();
  bool is_worth_it = room > 0 && (queues_.running() == 0 || room * 4 >= conf_.provider.delivery.concurrency);
  if (unasked_ == 0 || is_claiming_ || ngx_exiting || !is_worth_it || !store_.is_up()) return;
  if (conf_.delivery_location == nullptr) return;
  auto count = static_cast<std::uint16_t>(std::min<std::size_t>(room, unasked_));
  auto limit = static_cast<unsigned>(std::clamp<std::size_t>(room / count, 1, max_of_one_partition));
  Millis lease = conf_.provider.delivery.lease();
  ngx_msec_t lease_end = deadline_in(lease);
  is_claiming_ = true;
  pending_claim_ = store_.submit<redis::Owed>(
      redis::claim(conf_.space, cursor_, count, limit, lease, nonce(this_moment(), 0)),
      [this, limit, lease_end](Outcome<redis::Owed> owed) {
        is_claiming_ = false;
        if (owed) {
          claimed(*std::move(owed), limit, lease_end);
        } else {  // the store is away, which the link has told already
          unasked_ = 0;
        }
      });
  cursor_ = static_cast<std::uint16_t>((cursor_ + count) % redis::partitions);
  unasked_ = static_cast<std::uint16_t>(unasked_ - count);
}

void DeliveryScheduler::claimed(redis::Owed owed, unsigned limit, ngx_msec_t lease_end) {
  std::array<unsigned, redis::partitions> given{};
  for (const Delivery& delivery : owed.deliveries) ++given[redis::partition_of(delivery.session.value)];
  for (const redis::Bundle& bundle : owed.bundles) ++given[redis::partition_of(bundle.session.value)];
  take(std::move(owed), lease_end);
  bool more = std::any_of(given.begin(), given.end(), [limit](unsigned n) { return n >= limit; });
  if (more) unasked_ = redis::partitions;
  pump_.post();
}

}  // namespace slo::ngx
