// SPDX-License-Identifier: BSD-2-Clause
// One server's connections of one worker: the shared one, and one for what replicas must confirm.
//
// It is asked as a RedisLink is, and promises the same. In one worker of the host it asks how the server is.
#pragma once

#include <optional>
#include <vector>

#include "ngx_module/redis/confirmed_link.h"
#include "ngx_module/redis/health_watch.h"
#include "ngx_module/redis/link.h"

namespace slo::ngx {

class RedisServer {
 public:
  using Replies = RedisLink::Replies;
  using OnReplies = RedisLink::OnReplies;

  // REQUIRES: settings and log outlive it.
  RedisServer(const LinkSettings& settings, ngx_log_t* log);
  RedisServer(const RedisServer&) = delete;

  void submit(std::vector<redis::Command> commands, OnReplies on_replies);

  bool is_up() const noexcept { return shared_.is_up(); }
  bool is_whole() const noexcept { return is_up(); }
  // Nobody waits for an answer of the shared connection.
  bool is_idle() const noexcept { return shared_.is_idle(); }
  void quit() noexcept;

 private:
  RedisLink shared_;
  std::optional<ConfirmedLink> confirmed_{};  // where slo_store has wait=
  std::optional<HealthWatch> health_{};       // in one worker of the host
};

}  // namespace slo::ngx
