// SPDX-License-Identifier: BSD-2-Clause
// A circuit breaker: who failed several times in a row is called once an interval, until it answers.
#pragma once

#include <cstddef>

#include "core/moment.h"

namespace slo {

struct BreakerPolicy {
  unsigned failures = 3;  // in a row, that open it
  Millis first{5000};     // until the first probe; doubled with each one that fails
  Millis max{60'000};
  Millis idle{
      0};  // so long, and its interval, nobody makes the probe that is due: then nothing is owed to it
};

// `now`, here and below: by any clock that never goes back.
class Breaker {
 public:
  bool is_open() const { return is_open_; }
  // May somebody be called now? Closed, or a probe is due.
  bool lets_through(Millis now) const { return !is_open_ || (now >= probe_at_ && !is_probing_); }
  // How long nobody is called: none where it lets through.
  Millis closed_for(Millis now) const;
  Millis interval() const { return interval_; }

  // The call that was let through begins, and is over: meanwhile there is no other probe.
  void begin_probe() { is_probing_ = is_open_; }
  void end_probe() { is_probing_ = false; }
  // Somebody waits to call, or calls; and so many do no more.
  void want() { ++wanted_; }
  void release(std::size_t count) { wanted_ -= count; }
  // True: it has opened just now. Calls that were under way when it opened say nothing new.
  bool failed(const BreakerPolicy& policy, Millis now);
  // True: it was open.
  bool answered();
  // True: it was open, and a probe has been due for `idle` and its interval, which nobody wanted to make. It
  // is closed now, but the next failure opens it.
  bool forget_idle(const BreakerPolicy& policy, Millis now);

 private:
  bool is_open_ = false;
  bool is_probing_ = false;
  unsigned failures_ = 0;
  std::size_t wanted_ = 0;
  Millis interval_{0};
  Millis probe_at_{0};
};

}  // namespace slo
