// SPDX-License-Identifier: BSD-2-Clause
// The courier's round for one provider: claims what is due, seals, sends errands, judges their answers,
// settles.
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
constexpr unsigned most_of_one_partition = 16;
constexpr std::size_t most_at_once = 8;

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

Round::Round(const ProviderConf& conf, RedisLink& link, Turn& turn, ngx_log_t* log)
    : conf_(conf),
      link_(link),
      turn_(turn),
      log_(log),
      lanes_({.in_all = conf.provider.delivery.concurrency, .per_lane = conf.provider.delivery.per_host}),
      sealing_(conf.provider, conf.threads, log),
      settling_(conf, link, log),
      unbundling_(conf, link, settling_,
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

void Round::take(Delivery delivery, ngx_msec_t lease_end, Batch::Share share) {
  if (conf_.carrier == nullptr) return;
  fresh_.push_back({std::move(delivery), lease_end, std::move(share)});
  pump_.post();
}

void Round::take(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source) {
  unbundling_.add(std::move(bundle), lease_end, std::move(source));
  if (wants_more()) unbundling_.draw();
}

void Round::take(redis::Owed owed, ngx_msec_t lease_end) {
  for (Delivery& delivery : owed.deliveries) take(std::move(delivery), lease_end, Batch::Share());
  for (redis::Bundle& bundle : owed.bundles) take(std::move(bundle), lease_end, Batch::Source());
}

void Round::pump() {
  if (ngx_exiting) return hand_back();
  launch_sealed();
  const bool is_done = start_all();
  launch_sealed();
  if (wants_more() && !is_first_to_come()) draw_.post_next();
  if (is_done) claim();
}

// Whoever is told first is, before Redis and the signing threads are given more to do.
bool Round::is_first_to_come() const { return !trips_.empty() && trips_.back().errand == nullptr; }

// So early that there is always something to start until the answer has come.
bool Round::wants_more() const {
  return unbundling_.may_draw() && fresh_.size() + lanes_.ready() < conf_.provider.delivery.concurrency;
}

// Starts before it sorts: the first receiver of a thousand need not wait for the other lanes. False: there is
// more to start, and pump() will be called again.
bool Round::start_all() {
  while (lanes_.may_start() || !fresh_.empty()) {
    if (turn_.is_over()) return pump_.post_next(), false;
    if (lanes_.may_start()) {
      if (!may_connect()) return pump_.after(until_connections_are_free), false;
      start_next();
    } else {
      sort_in(std::move(fresh_.front()));
      fresh_.pop_front();
    }
  }
  return true;
}

void Round::sort_in(Parcel parcel) {
  auto known = receivers_.find(parcel.delivery.client);
  if (known == receivers_.end()) {
    Outcome<std::string> receiver = receiver_of(conf_.provider, parcel.delivery);
    if (!receiver) {
      Verdict verdict = judge(conf_.provider.delivery, parcel.delivery, receiver.error(), turn_.moment());
      return conclude(std::move(parcel), verdict);
    }
    Receiver fresh{*std::move(receiver), is_slow_to_seal(conf_.provider, parcel.delivery)};
    known = receivers_.emplace(parcel.delivery.client, std::move(fresh)).first;
  }
  const std::string& lane = known->second.lane;
  if (lanes_.is_shut(lane)) return postpone(std::move(parcel));
  lanes_.add(lane, std::move(parcel));
}

// nginx fails calls at once when it runs out of connections, and clients need some as well.
bool Round::may_connect() const {
  ngx_uint_t reserve = std::max<ngx_uint_t>(8, ngx_cycle->connection_n / 8);
  ngx_uint_t enough =
      lanes_.running() == 0 ? 1 : reserve;  // however few there are: one errand at a time gets through
  return ngx_cycle->free_connection_n > enough;
}

void Round::start_next() {
  auto [lane, parcel] = lanes_.start();
  const DeliveryPolicy& policy = conf_.provider.delivery;
  if (time_left(parcel.lease_end) < policy.timeout) {
    lanes_.over(*lane);
    return postpone(std::move(parcel));
  }
  trips_.push_front({.lane = lane, .parcel = std::move(parcel)});
  auto trip = trips_.begin();
  const Delivery& delivery = trip->parcel.delivery;
  const bool is_slow = receivers_.at(delivery.client).is_slow_to_seal;
  if (conf_.threads != nullptr && (is_slow || are_many())) {
    return sealing_.seal(delivery, is_slow, [this, trip](Outcome<Envelope> envelope) {
      sealed(trip, std::move(envelope));
      pump_.post();
    });
  }
  sealed(trip, seal(conf_.provider, delivery, turn_.moment()));
  const bool is_alone = trips_.size() == 1;  // who is told first need not wait
  if (is_alone || sealed_.size() >= most_at_once) launch_sealed();
}

// So many that waking a thread for some of them is worth it, quick as each of them may be; but who is told
// first need not wait for it.
bool Round::are_many() const {
  return sealing_.shares() && trips_.size() > 1 && fresh_.size() + lanes_.ready() >= most_at_once;
}

void Round::sealed(std::list<Trip>::iterator trip, Outcome<Envelope> envelope) {
  if (envelope) {
    trip->envelope = *std::move(envelope);
    return sealed_.push_back(trip);
  }
  Verdict verdict = judge(conf_.provider.delivery, trip->parcel.delivery, envelope.error(), turn_.moment());
  lanes_.over(*trip->lane);
  Parcel parcel = std::move(trip->parcel);
  trips_.erase(trip);
  pump_.post();
  conclude(std::move(parcel), verdict);
}

// Several at a time: their sockets are written to one after the other, without a signature in between during
// which a receiver falls asleep again.
void Round::launch_sealed() {
  for (auto trip : std::exchange(sealed_, {})) {
    trip->errand = Errand::launch(
        *conf_.carrier, std::move(trip->envelope), conf_.provider.delivery.timeout,
        [this, trip] { return delivery_label(conf_.provider, trip->parcel.delivery); },
        [this, trip](const Answer& answer) { came_back(trip, answer); });
  }
}

void Round::came_back(std::list<Trip>::iterator trip, const Answer& answer) {
  turn_.begin();  // answers are part of our share
  Lane& lane = *trip->lane;
  Parcel parcel = std::move(trip->parcel);
  trips_.erase(trip);
  Verdict verdict = judge(conf_.provider.delivery, parcel.delivery, answer, turn_.moment());
  leave_lane(lane, answer, verdict);
  if (answer.by_receiver && answer.status == NGX_HTTP_BAD_REQUEST)
    log_unpublished_key(log_, conf_.provider, parcel.delivery);
  conclude(std::move(parcel), verdict);
  pump_.post();
}

void Round::leave_lane(Lane& lane, const Answer& answer, const Verdict& verdict) {
  if (is_carriers_fault(answer)) {
    log_wrong_carrier(log_, conf_.provider, answer);
    return lanes_.over(lane);
  }
  bool works = answer.by_receiver && answer.status < NGX_HTTP_INTERNAL_SERVER_ERROR;
  LaneNews news = lanes_.over(lane, works);
  if (news == LaneNews::none) return;
  std::string why = answer.by_receiver ? reason_of(verdict) : answer.sample;
  log_receiver(log_, conf_.provider, lane.name, news == LaneNews::recovered, why);
}

Told::State Round::state_of(const Verdict& verdict) {
  if (std::holds_alternative<Delivered>(verdict)) return Told::State::delivered;
  const auto* abandon = std::get_if<Abandon>(&verdict);
  if (abandon == nullptr) return Told::State::failed;
  return is_receivers_own(*abandon) ? Told::State::refused : Told::State::given_up;
}

void Round::conclude(Parcel parcel, const Verdict& verdict) {
  count(verdict_counters.at(verdict.index()));
  log_verdict(log_, conf_.provider, parcel.delivery, verdict);
  parcel.share.answer(state_of(verdict));
  settling_.add({.delivery = std::move(parcel.delivery), .verdict = verdict}, parcel.lease_end);
}

// Its receiver keeps it waiting: as if it had timed out, only that nothing was tried, so it is never the last
// attempt.
void Round::postpone(Parcel parcel) {
  const DeliveryPolicy& policy = conf_.provider.delivery;
  Answer nothing{.by_receiver = false, .status = NGX_HTTP_GATEWAY_TIME_OUT};
  Verdict verdict = judge(policy, parcel.delivery, nothing, turn_.moment());
  const auto* later = std::get_if<RetryAt>(&verdict);
  conclude(std::move(parcel), RetryAt{.delay = later != nullptr ? later->delay : policy.max,
                                      .why = "waited too long for its receiver"});
}

// This worker quits: what has not started is due at once for those that stay.
void Round::hand_back() {
  log_left_out(log_, true);
  unbundling_.hand_back();
  std::vector<Parcel> left = lanes_.give_up();
  std::move(fresh_.begin(), fresh_.end(), std::back_inserter(left));
  fresh_.clear();
  for (Parcel& parcel : left) {
    RetryAt at_once{.delay = Millis(0), .why = "a worker quit"};
    settling_.add({.delivery = std::move(parcel.delivery), .verdict = at_once}, parcel.lease_end);
  }
}

void Round::tick() {
  if (ngx_exiting) return;
  log_left_out(log_);
  tick_.after(next_second());
  unasked_ = redis::partitions;
  if (wants_more()) unbundling_.draw();
  claim();
}

// Asks as many partitions as there is room for, in turn, until all have been asked since the last one that
// gave its limit; then waits for the next second.
void Round::claim() {
  std::size_t room = lanes_.room();
  bool is_worth_it = room > 0 && (lanes_.running() == 0 || room * 4 >= conf_.provider.delivery.concurrency);
  if (unasked_ == 0 || is_claiming_ || ngx_exiting || !is_worth_it || !link_.is_up()) return;
  if (conf_.carrier == nullptr) return;
  auto count = static_cast<std::uint16_t>(std::min<std::size_t>(room, unasked_));
  auto limit = static_cast<unsigned>(std::clamp<std::size_t>(room / count, 1, most_of_one_partition));
  Millis lease = conf_.provider.delivery.lease();
  ngx_msec_t lease_end = deadline_in(lease);
  is_claiming_ = true;
  claim_seat_ = link_.submit<redis::Owed>(
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

void Round::claimed(redis::Owed owed, unsigned limit, ngx_msec_t lease_end) {
  std::array<unsigned, redis::partitions> given{};
  for (const Delivery& delivery : owed.deliveries) ++given[redis::partition_of(delivery.session.value)];
  for (const redis::Bundle& bundle : owed.bundles) ++given[redis::partition_of(bundle.session.value)];
  take(std::move(owed), lease_end);
  bool more = std::any_of(given.begin(), given.end(), [limit](unsigned n) { return n >= limit; });
  if (more) unasked_ = redis::partitions;
  pump_.post();
}

}  // namespace slo::ngx
