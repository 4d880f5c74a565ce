// SPDX-License-Identifier: BSD-2-Clause
// The circuits that are open, among those of very many receivers and hosts: opened, closed, and forgotten.
//
// Deliveries are shared by the workers, so that one of them may deliver all that is owed to a receiver while
// another one, which has shut it, gets nothing to probe it with: such a circuit is forgotten after a while.
#pragma once

#include <unordered_set>

#include "core/delivery/receiver_standing.h"

namespace slo {

class Circuits {
 public:
  explicit Circuits(BreakerPolicy policy) : policy_(policy) {}

  // How a call ended, of a receiver and its host.
  // REQUIRES: both stay where they are.
  ReceiverNews heard(Breaker& receivers, Breaker& hosts, CallOutcome outcome, Millis now);
  // Closes those that nobody wanted to probe (breaker.h). True: there were some.
  bool forget_idle(Millis now);

  unsigned open() const { return static_cast<unsigned>(open_.size()); }

 private:
  bool failed(Breaker& breaker, Millis now);
  bool answered(Breaker& breaker);

  BreakerPolicy policy_;
  std::unordered_set<Breaker*> open_{};
};

}  // namespace slo
