// SPDX-License-Identifier: BSD-2-Clause
// Listens to a sentinel, and to the next one where it falls silent, for a master that moves.
//
// What was said while nobody listened is unknown. A master that moves is followed at once; of those that are
// named within a quarter of a second from then the last one is, when that is over.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ngx_module/nginx/event.h"
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
  void stop() noexcept;

 private:
  void listening();
  void tell_hearing();
  void said(const redis::Reply& message);
  void follow();
  void tell_deaf(const redis::Peer& last, const std::string& reason);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Callbacks callbacks_;
  Subscription subscription_;
  bool is_told_deaf_ = false;
  std::optional<redis::Peer> named_{};  // and not followed yet
  Event follow_;                        // set: now, or when the pause behind the last one is over
};

}  // namespace slo::ngx
