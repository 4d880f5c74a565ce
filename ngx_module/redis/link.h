// SPDX-License-Identifier: BSD-2-Clause
// One pipelined Redis connection of one worker: commands out, replies back, in order.
//
// Every submission is answered exactly once, always from a later turn of the event loop, never from inside
// submit(). Down, timed out or overfull, the answer is a Refusal (store_unreachable, store_timeout,
// store_busy). What was sent and not answered is ambiguous: only the schema's scripts, which may all be
// repeated, go this way. `timeout` is counted twice: until it is sent, for want of a connection, and from
// then on until it is answered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/command.h"
#include "redis_schema/reply.h"

namespace slo::ngx {

class RedisLink {
 public:
  using Replies = std::vector<redis::OwnedReply>;  // as many as commands
  using OnReplies = std::function<void(Outcome<Replies>)>;

  // Connects at once (after a random part of start_spread) and keeps reconnecting until quit().
  RedisLink(const LinkSettings& settings, ngx_log_t* log);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;

  void submit(std::vector<redis::Command> commands, OnReplies on_replies);

  bool is_up() const noexcept;
  bool is_idle() const noexcept;    // nobody waits for an answer
  std::string server_name() const;  // the address that is called: host:port, unix:path
  void quit() noexcept;             // exit_process: fails what waits, closes the socket

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
