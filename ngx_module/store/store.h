// SPDX-License-Identifier: BSD-2-Clause
// The store of one worker: Exchange in, Outcome back; where the data lies is its own business.
//
// Every submission is answered exactly once, always from a later turn of the event loop, never from inside
// submit(). Down, timed out or overfull, the answer is a Refusal (store_unreachable, store_timeout,
// store_busy). What was sent and not answered is ambiguous: only the schema's scripts, which may all be
// repeated, go this way. Nobody else knows a connection: there is one to one server, which sentinels may
// choose, or one to each node of a cluster.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "ngx_module/store/cluster.h"
#include "ngx_module/store/pending_reply.h"
#include "redis_schema/exchange.h"

namespace slo::ngx {

// Redis answers in the order it was asked, so nobody may ask for much at once: background work has few
// commands unanswered at any time, and the rest of it waits here, not before a user.
enum class Priority : std::uint8_t { user, background };

class Store {
 public:
  template <class T>
  using OnAnswer = std::type_identity_t<std::function<void(Outcome<T>)>>;

  // Connects at once (after a random part of start_spread) and keeps reconnecting until quit(). REQUIRES:
  // settings and log outlive it.
  Store(const LinkSettings& settings, ngx_log_t* log);
  ~Store();
  Store(const Store&) = delete;

  // The handle is the waiting side's: destroyed, nobody is called.
  template <class T>
  [[nodiscard]] PendingReply submit(redis::Exchange<T> exchange, OnAnswer<T> on_answer,
                                    Priority priority = Priority::user) {
    return submit(std::move(exchange.commands), reader(std::move(exchange.read), std::move(on_answer)),
                  priority);
  }

  // For who lives as long as the worker: `on_answer` is called in any case.
  template <class T>
  void submit_detached(redis::Exchange<T> exchange, OnAnswer<T> on_answer,
                       Priority priority = Priority::user) {
    submit<T>(std::move(exchange), std::move(on_answer), priority).keep();
  }

  bool is_up() const noexcept;     // it may be asked
  bool is_whole() const noexcept;  // and no part of it is away
  // Of a cluster: a partition has gone to another node, which may lack its last entries.
  void on_move(std::function<void(std::uint16_t partition)> moved);
  bool is_crowded() const noexcept;  // by the background: it asks as fast as it is answered
  void quit() noexcept;              // exit_process: fails what waits, closes the socket

 private:
  using OnReply = PendingReply::OnReply;

  template <class T>
  static OnReply reader(std::function<Outcome<T>(std::span<const redis::Reply>)> read,
                        std::function<void(Outcome<T>)> on_answer) {
    return [read = std::move(read),
            on_answer = std::move(on_answer)](Outcome<std::span<const redis::Reply>> replies) {
      on_answer(replies ? read(*replies) : Outcome<T>(refuse(replies.error())));
    };
  }
  PendingReply submit(std::vector<redis::Command> commands, OnReply on_reply, Priority priority);

  struct State;
  std::unique_ptr<State> state_;
};

// This worker's store; null in the master and where no slo_store is configured. Set by who owns it.
Store* store() noexcept;
void use_store(Store* its) noexcept;

}  // namespace slo::ngx
