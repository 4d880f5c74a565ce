// SPDX-License-Identifier: BSD-2-Clause
// The two sides of a submission to the link: who waits, and what he waits for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/exchange.h"

namespace slo::ngx {

// The waiting side's chair: destroyed, the late answer is read and dropped.
class RedisSeat {
 public:
  using Hear = std::function<void(Outcome<std::span<const redis::Reply>>)>;

  RedisSeat() = default;
  RedisSeat(RedisSeat&& other) noexcept;
  RedisSeat& operator=(RedisSeat&& other) noexcept;
  ~RedisSeat();
  void keep() noexcept;  // answer even if the seat is gone: for callers that outlive the link's requests

 private:
  friend class RedisLink;
  struct Waiting;
  explicit RedisSeat(Waiting& waiting);
  Waiting* waiting_ = nullptr;
};

// What stands behind a seat: a submission, from submit() until it is answered.
struct RedisSeat::Waiting {
  std::vector<redis::Command> commands{};
  Hear hear{};
  ngx_msec_t deadline = 0;
  RedisSeat* seat = nullptr;
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
