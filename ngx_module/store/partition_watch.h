// SPDX-License-Identifier: BSD-2-Clause
// Of a cluster: has one of its nodes forgotten what it was told? One worker of the host asks every 10 s.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/server.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/partition_ids.h"

namespace slo::ngx {

class PartitionWatch {
 public:
  struct Cluster {
    std::function<void(std::vector<redis::Command>, RedisServer::OnReplies)> ask{};
    std::function<std::string(std::uint16_t partition)> name_of_server{};
  };

  // REQUIRES: settings and log outlive it.
  PartitionWatch(const LinkSettings& settings, ngx_log_t* log, Cluster cluster);

  void start();  // the cluster may be asked from now on; again: nothing
  void quit() noexcept { again_.cancel(); }

 private:
  void ask();
  void learned(const redis::PartitionIds& ids) const;
  void tell_strangers(const std::string& server, const std::string& keys) const;

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Cluster cluster_;
  bool has_started_ = false;
  Event again_;
};

}  // namespace slo::ngx
