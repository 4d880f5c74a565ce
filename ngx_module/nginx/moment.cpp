// SPDX-License-Identifier: BSD-2-Clause
// Reads nginx's cached clock and throws the process's random bytes.
#include "ngx_module/nginx/moment.h"

#include <optional>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/random.h"

namespace slo::ngx {
namespace {

// A process that was forked meanwhile throws random bytes of its own.
Random& random_of_process() {
  static std::optional<Random> random;
  static ngx_pid_t owner = 0;
  if (!random || owner != ngx_pid) {
    random.emplace();
    owner = ngx_pid;
  }
  return *random;
}

}  // namespace

Moment this_moment() {
  const ngx_time_t* now = ngx_timeofday();
  const TimeMs millis{Seconds(now->sec) + Millis(now->msec)};
  return {.now = millis, .random = random_of_process().roll()};
}

}  // namespace slo::ngx
