// SPDX-License-Identifier: BSD-2-Clause
// Listens to one of several servers, and to the next one where it falls silent.
//
// What was said while nobody listened is unknown.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/server_call.h"
#include "redis_schema/command.h"
#include "redis_schema/servers/peer.h"

namespace slo::ngx {

class Subscription {
 public:
  struct Callbacks {
    std::function<std::vector<redis::Peer>()> servers{};  // at least one
    std::function<void()> listening{};                    // from now on
    std::function<void()> hears{};                        // it answers PING as well; again and again
    std::function<void(const redis::Reply& message)> said{};
    std::function<void(const redis::Peer& last, const std::string& why)> deaf{};  // nobody lets us listen
  };

  // `subscribe` is said on each connection. REQUIRES: log outlives it.
  Subscription(LinkSettings link, std::vector<NamedServer> known, redis::Command subscribe, ngx_log_t* log,
               Callbacks callbacks);

  void begin() { listen(); }
  void stop() noexcept;

 private:
  void listen();
  void heard(const redis::Reply& reply);
  void lost(const std::string& reason);
  void ping();

  redis::Command subscribe_;
  Callbacks callbacks_;
  ServerCall call_;
  Event again_;
  Event ping_;
  redis::Peer peer_{};
  std::size_t round_ = 0;     // how many servers there were when it was listened to the last one
  std::size_t failures_ = 0;  // since one answered a PING
  bool is_listening_ = false;
  bool is_pinging_ = false;
};

}  // namespace slo::ngx
