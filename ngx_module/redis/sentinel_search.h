// SPDX-License-Identifier: BSD-2-Clause
// Asks one sentinel after another where the master is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ngx_module/redis/server_call.h"
#include "redis_schema/servers/sentinel.h"

namespace slo::ngx {

// How sentinels are spoken to. REQUIRES: settings have some.
LinkSettings link_to_sentinels(const LinkSettings& settings);

class SentinelSearch {
 public:
  struct Callbacks {
    std::function<void(const redis::Peer& master)> found{};
    std::function<void(const std::string& why)> nowhere{};
  };

  // REQUIRES: settings, which have sentinels, list and log outlive it.
  SentinelSearch(const LinkSettings& settings, redis::SentinelList& list, ngx_log_t* log,
                 Callbacks callbacks);

  void begin();  // anew, whatever was begun before; one callback, never from inside
  void stop() noexcept { call_.stop(); }

 private:
  void ask();
  void heard(redis::OwnedReply reply);
  void tell_forbidden(const redis::Reply& names);

  std::string url_;
  ngx_log_t* log_;
  bool is_told_forbidden_ = false;
  Callbacks callbacks_;
  redis::MasterSearch search_;
  redis::Exchange<redis::SentinelAnswer> question_;
  std::vector<redis::OwnedReply> replies_{};
  ServerCall call_;
};

}  // namespace slo::ngx
