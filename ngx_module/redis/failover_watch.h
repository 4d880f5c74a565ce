// SPDX-License-Identifier: BSD-2-Clause
// Listens to a sentinel, and to the next one where it falls silent, for a master that moves.
//
// What was said while nobody listened is unknown.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/sentinel_call.h"
#include "redis_schema/servers/sentinel.h"

namespace slo::ngx {

class FailoverWatch {
 public:
  struct Callbacks {
    std::function<void(const redis::Peer& master)> moved{};
    std::function<void()> listening{};  // from now on: where it is at the moment has to be asked
  };

  // REQUIRES: settings, which have sentinels, list and log outlive it.
  FailoverWatch(const LinkSettings& settings, const redis::SentinelList& list, ngx_log_t* log,
                Callbacks callbacks);

  void begin();
  void stop() noexcept;

 private:
  void listen();
  void heard(const redis::Reply& reply);
  void settle();
  void lost(const std::string& reason);
  void ping();
  void tell_deaf(const std::string& reason);
  void tell_hearing();

  const LinkSettings& settings_;
  const redis::SentinelList& list_;
  ngx_log_t* log_;
  Callbacks callbacks_;
  SentinelCall call_;
  Event again_;
  Event ping_;
  redis::Peer peer_{};
  std::size_t failures_ = 0;  // since one answered a PING
  bool is_listening_ = false;
  bool is_pinging_ = false;
  bool is_told_deaf_ = false;
};

}  // namespace slo::ngx
