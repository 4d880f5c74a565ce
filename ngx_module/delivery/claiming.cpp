// SPDX-License-Identifier: BSD-2-Clause
// Claims what is due of one provider, a few partitions at a time.
#include "ngx_module/delivery/claiming.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/moment.h"
#include "redis_schema/deliveries.h"

namespace slo::ngx {
namespace {

constexpr unsigned max_of_one_partition = 16;

// 0.75 .. 1.25 s: the workers of all hosts spread themselves.
Millis next_second() { return Millis(750 + ngx_random() % 501); }

// Did some partition give as much as it might, so that it may have more?
bool may_have_more(const redis::Owed& owed, unsigned limit) {
  std::array<unsigned, redis::partitions> given{};
  for (const Delivery& delivery : owed.deliveries) ++given[redis::partition_of(delivery.session.value)];
  for (const redis::Bundle& bundle : owed.bundles) ++given[redis::partition_of(bundle.session.value)];
  return std::ranges::any_of(given, [limit](unsigned n) { return n >= limit; });
}

}  // namespace

Claiming::Claiming(const ProviderConf& conf, Store& store, ngx_log_t* log, Due due, Claimed claimed)
    : conf_(conf),
      store_(store),
      due_(std::move(due)),
      claimed_(std::move(claimed)),
      tick_(log, [this] { tick(); }),
      cursor_(static_cast<std::uint16_t>(ngx_random() % redis::partitions)) {
  tick_.may_be_left();
  tick_.after(next_second());
}

void Claiming::tick() {
  if (ngx_exiting) return;
  tick_.after(next_second());
  unasked_ = redis::partitions;
  due_();
}

void Claiming::claim(std::size_t room) {
  if (room == 0 || unasked_ == 0 || is_claiming_ || ngx_exiting || !store_.is_up()) return;
  const auto count = static_cast<std::uint16_t>(std::min<std::size_t>(room, unasked_));
  const auto limit = static_cast<unsigned>(std::clamp<std::size_t>(room / count, 1, max_of_one_partition));
  const Millis lease = conf_.provider.delivery.lease();
  is_claiming_ = true;
  pending_ = store_.submit<redis::Owed>(
      redis::claim(conf_.space, cursor_, count, limit, lease, nonce(this_moment(), 0)),
      [this, limit, lease_end = deadline_in(lease)](Outcome<redis::Owed> owed) {
        heard(std::move(owed), limit, lease_end);
      },
      Priority::background);
  cursor_ = static_cast<std::uint16_t>((cursor_ + count) % redis::partitions);
  unasked_ = static_cast<std::uint16_t>(unasked_ - count);
}

void Claiming::heard(Outcome<redis::Owed> owed, unsigned limit, ngx_msec_t lease_end) {
  is_claiming_ = false;
  if (!owed) {  // the store is away, which the link has told already
    unasked_ = 0;
    return;
  }
  if (may_have_more(*owed, limit)) unasked_ = redis::partitions;
  claimed_(*std::move(owed), lease_end);
}

}  // namespace slo::ngx
