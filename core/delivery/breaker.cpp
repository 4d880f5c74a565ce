// SPDX-License-Identifier: BSD-2-Clause
// A circuit breaker: who failed several times in a row is called once an interval, until it answers.
#include "core/delivery/breaker.h"

#include <algorithm>
#include <utility>

namespace slo {

Millis Breaker::closed_for(Millis now) const {
  if (lets_through(now)) return Millis{0};
  return now < probe_at_ ? probe_at_ - now : interval_;
}

bool Breaker::failed(const BreakerPolicy& policy, Millis now) {
  if (is_open_ && now < probe_at_) return false;
  ++failures_;
  if (failures_ < policy.failures) return false;
  const bool was_open = is_open_;
  is_open_ = true;
  interval_ = std::min(was_open ? interval_ * 2 : policy.first, policy.max);
  probe_at_ = now + interval_;
  return !was_open;
}

bool Breaker::answered() {
  failures_ = 0;
  return std::exchange(is_open_, false);
}

bool Breaker::forget_idle(const BreakerPolicy& policy, Millis now) {
  if (!is_open_ || is_probing_ || wanted_ > 0 || now < probe_at_ + interval_ + policy.idle) return false;
  is_open_ = false;
  failures_ = policy.failures - 1;
  return true;
}

}  // namespace slo
