// SPDX-License-Identifier: BSD-2-Clause
// One submission to a cluster: which of its commands are on the way, and what has been answered.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/server.h"
#include "redis_schema/command.h"

namespace slo::ngx {

struct ClusterTrip {
  using Indices = std::vector<std::size_t>;

  std::vector<redis::Command> commands{};
  RedisServer::OnReplies on_replies{};
  ngx_msec_t deadline = 0;           // for new attempts
  RedisServer::Replies replies{};    // one place per command
  std::size_t begun = 0;             // commands that have set out, in order
  std::size_t missing = 0;           // of those, replies still to come
  std::optional<Refusal> refusal{};  // of some of them: the rest stays here
  unsigned hops = 0;                 // how often a node has sent it on

  bool is_over() const noexcept { return missing == 0 && (refusal || begun == commands.size()); }
  // Those that may set out together now. REQUIRES: none is missing, and it is not over.
  Indices next_step() {
    replies.resize(commands.size());
    Indices step;
    do step.push_back(begun++);
    while (begun < commands.size() && !commands[begun].comes_last);
    missing = step.size();
    return step;
  }
  void answered(std::size_t index, redis::OwnedReply reply) {
    replies[index] = std::move(reply);
    --missing;
  }
  void refused(const Refusal& why) {
    if (!refusal) refusal = why;
    --missing;
  }
  Outcome<RedisServer::Replies> outcome() {
    return refusal ? Outcome<RedisServer::Replies>(refuse(*refusal)) : std::move(replies);
  }
};

}  // namespace slo::ngx
