// SPDX-License-Identifier: BSD-2-Clause
// Reads nginx's cached clock and throws the process's dice.
#include "ngx_module/nginx/moment.h"

#include <optional>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/random.h"

namespace slo::ngx {
namespace {

// A process that was forked meanwhile throws dice of its own.
Dice& dice_of_process() {
  static std::optional<Dice> dice;
  static ngx_pid_t owner = 0;
  if (!dice || owner != ngx_pid) {
    dice.emplace();
    owner = ngx_pid;
  }
  return *dice;
}

}  // namespace

Moment this_moment() {
  const ngx_time_t* now = ngx_timeofday();
  const TimeMs millis{Seconds(now->sec) + Millis(now->msec)};
  return {.now = millis, .dice = dice_of_process().roll()};
}

}  // namespace slo::ngx
