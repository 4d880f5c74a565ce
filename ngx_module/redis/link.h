// SPDX-License-Identifier: BSD-2-Clause
// One pipelined Redis connection of one worker: commands out, replies back, in order.
//
// Every submission is answered exactly once, always from a later turn of the event loop, never from inside
// submit(). Down, timed out or overfull, the answer is a Refusal (store_unreachable, store_timeout,
// store_busy). What was sent and not answered is ambiguous: only the schema's scripts, which may all be
// repeated, go this way.
#pragma once

#include <memory>
#include <vector>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/pending_reply.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/command.h"

namespace slo::ngx {

class RedisLink {
 public:
  using OnReply = PendingReply::OnReply;

  // Connects at once (after a random 0..100 ms) and keeps reconnecting until quit().
  RedisLink(const LinkSettings& settings, ngx_log_t* log);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;

  [[nodiscard]] PendingReply submit(std::vector<redis::Command> commands, OnReply on_reply);

  bool is_up() const noexcept;
  void quit() noexcept;  // exit_process: fails what waits, closes the socket

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
