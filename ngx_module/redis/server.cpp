// SPDX-License-Identifier: BSD-2-Clause
// Picks the connection by what is asked: WAIT would hold up whoever shares one with it.
#include "ngx_module/redis/server.h"

#include <algorithm>
#include <utility>

namespace slo::ngx {

RedisServer::RedisServer(const LinkSettings& settings, ngx_log_t* log) : shared_(settings, log) {
  if (settings.wait) confirmed_.emplace(settings, shared_, log);
  if (settings.is_watched && ngx_worker == 0) health_.emplace(settings, shared_, log);
}

void RedisServer::submit(std::vector<redis::Command> commands, OnReplies on_replies) {
  const bool must_be_confirmed =
      confirmed_ && std::ranges::any_of(commands, &redis::Command::must_be_confirmed);
  if (must_be_confirmed) return confirmed_->submit(std::move(commands), std::move(on_replies));
  shared_.submit(std::move(commands), std::move(on_replies));
}

void RedisServer::quit() noexcept {
  if (health_) health_->quit();
  if (confirmed_) confirmed_->quit();
  shared_.quit();
}

}  // namespace slo::ngx
