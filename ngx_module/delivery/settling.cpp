// SPDX-License-Identifier: BSD-2-Clause
// Settlements: verdicts on their way to Redis, in one pipelined batch for all that came within milliseconds.
#include "ngx_module/delivery/settling.h"

#include <algorithm>
#include <iterator>

#include "ngx_module/delivery/delivery_log.h"
#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_batch = 500;
constexpr std::size_t max_kept = 20'000;
constexpr Millis offered_again{250};
// A crash meanwhile repeats what was received in it; nobody waits for it.
constexpr Millis gathering{10};

}  // namespace

Settling::Settling(const ProviderConf& conf, Store& store, ngx_log_t* log)
    : conf_(conf), store_(store), log_(log), flush_(log, [this] { flush(); }) {}

void Settling::add(redis::Settlement settlement, ngx_msec_t lease_end) {
  if (kept_.size() >= max_kept) return;  // the lease will decide
  kept_.push_back({std::move(settlement), lease_end});
  if (is_away_) return;
  if (kept_.size() >= max_batch) return flush_.post();
  if (!flush_.is_set()) flush_.after(gathering);
}

void Settling::flush() {
  drop_what_is_over();
  if (kept_.empty()) is_away_ = false;  // nobody is left whose answer would say that the store is back
  auto from = std::make_move_iterator(kept_.begin());
  auto end = std::make_move_iterator(kept_.end());
  while (from != end) {
    auto upto = from + std::min<std::ptrdiff_t>(end - from, max_batch);
    send({from, upto});
    from = upto;
  }
  kept_.clear();
}

void Settling::send(std::vector<Kept> batch) {
  std::vector<redis::Settlement> settlements;
  settlements.reserve(batch.size());
  for (const auto& kept : batch) settlements.push_back(kept.settlement);
  auto sent = sent_.insert(sent_.end(), {.batch = std::move(batch)});
  sent->pending = store_.submit<std::vector<redis::Settled>>(
      redis::settle(conf_.space, settlements),
      [this, sent](const Outcome<std::vector<redis::Settled>>& settled) { heard(sent, settled); },
      Priority::background);
}

void Settling::heard(std::list<Sent>::iterator sent, const Outcome<std::vector<redis::Settled>>& settled) {
  std::vector<Kept> batch = std::move(sent->batch);
  sent_.erase(sent);
  is_away_ = !settled.has_value();
  if (is_away_) return keep(std::move(batch));
  if (!kept_.empty()) flush_.post();
  auto stale = std::count(settled->begin(), settled->end(), redis::Settled::stale);
  bool is_crowded = std::ranges::find(*settled, redis::Settled::crowded) != settled->end();
  if (is_crowded) log_forgotten(log_, conf_.provider);
  if (stale > 0) {
    ngx_log_error(NGX_LOG_INFO, log_, 0,
                  "slo: %z deliveries were not ours to settle any more: another worker has them, or the "
                  "store lost them",
                  static_cast<ssize_t>(stale));
  }
}

// The scripts may all be repeated, so a lost answer is no different from a lost question.
void Settling::keep(std::vector<Kept> batch) {
  kept_.insert(kept_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
  flush_.after(offered_again);
}

void Settling::drop_what_is_over() {
  auto over = std::erase_if(kept_, [](const Kept& kept) { return is_past(kept.lease_end); });
  if (over > 0) {
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "slo: %uz deliveries could not be settled in time and will be repeated", over);
  }
}

}  // namespace slo::ngx
