// SPDX-License-Identifier: BSD-2-Clause
// Our share of one turn of the event loop, over all providers: other requests are served in between.
#pragma once

#include <sched.h>

#include <chrono>
#include <optional>

#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {

class LoopBudget {
 public:
  explicit LoopBudget(ngx_log_t* log) : next_turn_(log, [this] { begin_turn(); }) {}
  void begin() {
    if (!began_) began_ = Clock::now(), next_turn_.post_next();
  }
  // What is not done by now waits for the next turn.
  bool is_over() {
    begin();
    return Clock::now() - *began_ >= std::chrono::microseconds(250);
  }
  // One for the whole turn: nginx's time stands still in it, and fresh random bytes take longer than a short
  // token.
  const Moment& moment() {
    if (!moment_) moment_ = this_moment(), next_turn_.post_next();
    return *moment_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  // Where Redis shares our processor and the background keeps both busy, what users have asked is answered
  // now, and not when the kernel takes the processor from us. Elsewhere it costs next to nothing.
  void begin_turn() {
    began_.reset();
    moment_.reset();
    if (store() != nullptr && store()->is_crowded()) ::sched_yield();
  }

  std::optional<Clock::time_point> began_{};
  std::optional<Moment> moment_{};
  Event next_turn_;
};

}  // namespace slo::ngx
