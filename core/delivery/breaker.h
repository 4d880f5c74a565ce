// SPDX-License-Identifier: BSD-2-Clause
// A circuit breaker: who failed several times in a row is called once an interval, until it answers.
#pragma once

#include "core/moment.h"

namespace slo {

struct BreakerPolicy {
  unsigned failures = 3;  // in a row, that open it
  Millis first{5000};     // until the first probe; doubled with each one that fails
  Millis max{60'000};
};

// `now`, here and below: by any clock that never goes back.
class Breaker {
 public:
  bool is_open() const { return is_open_; }
  // May somebody be called now? Closed, or a probe is due.
  bool lets_through(Millis now) const { return !is_open_ || now >= probe_at_; }
  // How long nobody is called: none where it lets through.
  Millis closed_for(Millis now) const { return lets_through(now) ? Millis{0} : probe_at_ - now; }
  Millis interval() const { return interval_; }

  // True: it has opened just now.
  bool failed(const BreakerPolicy& policy, Millis now);
  // True: it was open.
  bool answered();

 private:
  bool is_open_ = false;
  unsigned failures_ = 0;
  Millis interval_{0};
  Millis probe_at_{0};
};

}  // namespace slo
