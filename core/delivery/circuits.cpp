// SPDX-License-Identifier: BSD-2-Clause
// The circuits that are open, among those of very many receivers and hosts: opened, closed, and forgotten.
#include "core/delivery/circuits.h"

namespace slo {

// What a receiver itself did strikes that receiver; where nobody could be reached, the host is struck.
ReceiverNews Circuits::heard(Breaker& receivers, Breaker& hosts, CallOutcome outcome, Millis now) {
  if (outcome == CallOutcome::nothing) return ReceiverNews::none;
  const bool is_there = outcome != CallOutcome::host_failed;
  const bool host_recovered = is_there && answered(hosts);
  const bool recovered = outcome == CallOutcome::answered && answered(receivers);
  if (outcome != CallOutcome::answered && failed(is_there ? receivers : hosts, now))
    return ReceiverNews::shut;
  if (host_recovered) return ReceiverNews::host_recovered;
  return recovered ? ReceiverNews::recovered : ReceiverNews::none;
}

bool Circuits::forget_idle(Millis now) {
  return std::erase_if(open_, [this, now](Breaker* each) { return each->forget_idle(policy_, now); }) > 0;
}

bool Circuits::failed(Breaker& breaker, Millis now) {
  if (!breaker.failed(policy_, now)) return false;
  open_.insert(&breaker);
  return true;
}

bool Circuits::answered(Breaker& breaker) {
  if (!breaker.answered()) return false;
  open_.erase(&breaker);
  return true;
}

}  // namespace slo
