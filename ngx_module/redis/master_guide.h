// SPDX-License-Identifier: BSD-2-Clause
// Where the master is: asked of the sentinels, and told by them when it moves.
#pragma once

#include <functional>
#include <string>

#include "ngx_module/redis/failover_watch.h"
#include "ngx_module/redis/sentinel_search.h"
#include "redis_schema/servers/sentinel.h"

namespace slo::ngx {

class MasterGuide {
 public:
  struct Callbacks {
    std::function<void(const redis::Peer& master)> is_at{};  // asked for or not
    std::function<void(const std::string& why)> is_nowhere{};
  };

  // REQUIRES: settings, which have sentinels, and log outlive it.
  MasterGuide(const LinkSettings& settings, ngx_log_t* log, const Callbacks& callbacks)
      : list_(peers_of(*settings.sentinel)),
        search_(settings, list_, log, {.found = callbacks.is_at, .nowhere = callbacks.is_nowhere}),
        watch_(settings, list_, log, {.moved = callbacks.is_at, .listening = [this] { search_.begin(); }}) {}
  MasterGuide(const MasterGuide&) = delete;

  void start() { watch_.begin(); }
  void ask() { search_.begin(); }
  void ask_no_more() noexcept { search_.stop(); }
  void quit() noexcept {
    search_.stop();
    watch_.stop();
  }

 private:
  static std::vector<redis::Peer> peers_of(const SentinelSettings& settings) {
    std::vector<redis::Peer> peers;
    for (const auto& place : settings.places) peers.push_back(place.peer);
    return peers;
  }

  redis::SentinelList list_;
  SentinelSearch search_;
  FailoverWatch watch_;
};

}  // namespace slo::ngx
