// SPDX-License-Identifier: BSD-2-Clause
// How many lines of one kind may be written: a storm of them is counted, and told once its minute is over.
#include "core/log_budget.h"

#include <utility>

namespace slo {

// A clock that was set back opens a new minute: it must not silence anybody for a day.
bool LogBudget::is_over(TimeS now) const noexcept { return now < opened_ || now - opened_ >= Seconds{60}; }

bool LogBudget::take(TimeS now) noexcept {
  const bool may_open = left_out_ == 0;  // what was left out is told before a new minute begins
  if (may_open && (used_ == 0 || is_over(now))) {
    opened_ = now;
    used_ = 0;
  }
  if (may_open && used_ < lines_a_minute) {
    ++used_;
    return true;
  }
  ++left_out_;
  return false;
}

std::uint64_t LogBudget::settle(TimeS now, bool at_once) noexcept {
  if (left_out_ == 0 || (!at_once && !is_over(now))) return 0;
  used_ = 0;
  return std::exchange(left_out_, 0);
}

}  // namespace slo
