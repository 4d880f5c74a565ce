// SPDX-License-Identifier: BSD-2-Clause
// A cluster of Redis nodes as one server: each command goes to the node that has its partition.
//
// Every submission is answered as RedisServer answers: exactly once, from a later turn of the event loop. Of
// a node that is away the others know nothing: what they have is served.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/server.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

class Cluster {
 public:
  using OnReplies = RedisServer::OnReplies;

  // REQUIRES: settings, which have a cluster, and log outlive it.
  Cluster(const LinkSettings& settings, ngx_log_t* log);
  ~Cluster();
  Cluster(const Cluster&) = delete;

  void submit(std::vector<redis::Command> commands, OnReplies on_replies);
  bool is_up() const noexcept;     // it may be asked: some node serves
  bool is_whole() const noexcept;  // all do that have something
  // A partition has gone to another node, which may lack its last entries.
  void on_move(std::function<void(std::uint16_t partition)> moved);
  void quit() noexcept;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
