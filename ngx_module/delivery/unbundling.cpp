// SPDX-License-Identifier: BSD-2-Clause
// Unbundling: draws the deliveries of sessions with many clients out of their bundles, a few at a time.
#include "ngx_module/delivery/unbundling.h"

#include <utility>

#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {
namespace {

// The first ones of a session at once, the others in numbers that neither Redis nor the event loop notices.
constexpr unsigned first_few = 4;
constexpr unsigned next_few = 64;

}  // namespace

Unbundling::Unbundling(const ProviderConf& conf, Store& store, Settling& settling, Drawn drawn)
    : conf_(conf), store_(store), settling_(settling), drawn_(std::move(drawn)) {}

void Unbundling::add(redis::Bundle bundle, ngx_msec_t lease_end, Batch::Source source) {
  put_back({.bundle = std::move(bundle), .lease_end = lease_end, .source = std::move(source)});
}

void Unbundling::draw() {
  while (may_draw() && is_past(held_.front().lease_end)) held_.pop_front();  // somebody else's by now
  if (!may_draw()) return;
  const redis::Bundle& bundle = held_.front().bundle;
  const Provider& provider = conf_.provider;
  const redis::UnbundleTerms terms{.lease = provider.delivery.lease(),
                                   .count = bundle.is_untouched() ? first_few : next_few,
                                   .tombstone = provider.tombstone,
                                   .retention = provider.retention};
  is_asked_ = true;
  pending_ = store_.submit<std::optional<redis::Unbundled>>(
      redis::unbundle(conf_.space, bundle, terms),
      [this, lease_end = deadline_in(terms.lease)](
          const Outcome<std::optional<redis::Unbundled>>& unbundled) { heard(unbundled, lease_end); });
}

void Unbundling::heard(const Outcome<std::optional<redis::Unbundled>>& unbundled, ngx_msec_t lease_end) {
  is_asked_ = false;
  if (!unbundled) {  // the store is away, which the link has told: nobody need wait to hear it
    held_.front().source = Batch::Source();
    return ngx_exiting ? hand_back() : void();
  }
  Held held = std::move(held_.front());
  held_.pop_front();
  if (!*unbundled) return draw();  // stale
  held.lease_end = lease_end;
  drawn(held, **unbundled);
  put_back(std::move(held));
  if ((*unbundled)->deliveries.empty()) draw();  // nobody whose detached call would ask for more
}

void Unbundling::drawn(Held& held, const redis::Unbundled& unbundled) {
  held.bundle.place = unbundled.place;
  for (const Delivery& delivery : unbundled.deliveries) {
    drawn_(delivery, held.lease_end, held.source.share(delivery.client));
  }
}

// An empty bundle is settled, and its source with it.
void Unbundling::put_back(Held held) {
  if (held.bundle.place.empty()) return settle(held, Delivered{});
  held_.push_back(std::move(held));
  if (ngx_exiting) hand_back();
}

void Unbundling::hand_back() {
  if (is_asked_) return;  // its answer comes first
  for (const Held& held : std::exchange(held_, {})) {
    settle(held, RetryAt{.delay = Millis(0), .why = "a worker quit", .tried = false});
  }
}

void Unbundling::settle(const Held& held, const Verdict& verdict) {
  settling_.add({.delivery = redis::entry_of(held.bundle), .verdict = verdict}, held.lease_end);
}

}  // namespace slo::ngx
