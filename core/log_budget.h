// SPDX-License-Identifier: BSD-2-Clause
// How many lines of one kind may be written: a storm of them is counted, and told once its minute is over.
#pragma once

#include <cstdint>

#include "core/moment.h"

namespace slo {

class LogBudget {
 public:
  static constexpr unsigned lines_a_minute = 10;

  // May one more line be written? If not, it is counted as left out.
  bool take(TimeS now) noexcept;
  // How many were left out, to be told now; 0 while their minute is not over. `at_once`: do not wait for it.
  std::uint64_t settle(TimeS now, bool at_once = false) noexcept;

 private:
  bool is_over(TimeS now) const noexcept;

  TimeS opened_{};  // the minute in which `used_` counts
  unsigned used_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace slo
