// SPDX-License-Identifier: BSD-2-Clause
// One pipelined Redis connection of one worker: Exchange out, Outcome back, in order.
//
// Every submission is answered exactly once, always from a later turn of the event loop, never from inside
// submit(). Down, timed out or overfull, the answer is a Refusal (store_unreachable, store_timeout,
// store_busy). What was sent and not answered is ambiguous: only the schema's scripts, which may all be
// repeated, go this way.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/moment.h"
#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/pending_reply.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/exchange.h"

namespace slo::ngx {

class RedisLink {
 public:
  using OnReply = PendingReply::OnReply;

  // Connects at once (after a random 0..100 ms) and keeps reconnecting until quit().
  RedisLink(const LinkSettings& settings, ngx_log_t* log);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;

  [[nodiscard]] PendingReply submit(std::vector<redis::Command> commands, OnReply on_reply);

  template <class T>
  [[nodiscard]] PendingReply submit(redis::Exchange<T> exchange,
                                    std::type_identity_t<std::function<void(Outcome<T>)>> on_reply) {
    return submit(std::move(exchange.commands),
                  [read = std::move(exchange.read),
                   on_reply = std::move(on_reply)](Outcome<std::span<const redis::Reply>> replies) {
                    on_reply(replies ? read(*replies) : Outcome<T>(refuse(replies.error())));
                  });
  }

  bool is_up() const noexcept;
  void quit() noexcept;  // exit_process: fails what waits, closes the socket

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
