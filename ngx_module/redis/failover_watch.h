// SPDX-License-Identifier: BSD-2-Clause
// Listens to a sentinel, and to the next one where it falls silent, for a master that moves.
//
// What was said while nobody listened is unknown.
#pragma once

#include <functional>
#include <string>

#include "ngx_module/redis/subscription.h"
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

  void begin() { subscription_.begin(); }
  void stop() noexcept { subscription_.stop(); }

 private:
  void tell_hearing();
  void said(const redis::Reply& message);
  void tell_deaf(const redis::Peer& last, const std::string& reason);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Callbacks callbacks_;
  Subscription subscription_;
  bool is_told_deaf_ = false;
};

}  // namespace slo::ngx
