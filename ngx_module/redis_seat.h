// SPDX-License-Identifier: BSD-2-Clause
// What stands behind a seat at the link: a submission, from submit() until it is answered.
#pragma once

#include <optional>
#include <vector>

#include "ngx_module/redis_link.h"

namespace slo::ngx {

struct RedisLink::Seat::Waiting {
  std::vector<redis::Command> commands{};
  Hear hear{};
  ngx_msec_t deadline = 0;
  Seat* seat = nullptr;
  bool kept = false;
  bool resent = false;
  std::vector<redis::OwnedReply> replies{};  // one place per command
  std::size_t missing = 0;                   // replies still to come
  std::optional<Refusal> refusal{};          // of one that never set out

  Waiting() = default;
  ~Waiting() { leave_seat(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void leave_seat() noexcept {
    if (seat != nullptr) std::exchange(seat, nullptr)->waiting_ = nullptr;
  }
};

}  // namespace slo::ngx
