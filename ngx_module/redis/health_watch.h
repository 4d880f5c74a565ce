// SPDX-License-Identifier: BSD-2-Clause
// Asks a server every ten seconds how it is, for the metrics of this host and a line when something changes.
//
// One worker of the host asks (the first one), and what was told is kept in the zone: a line comes once for
// each host, and not again after a reload. A server that does not let its user ask (INFO) is not watched.
#pragma once

#include <cstdint>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/link.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/servers/health.h"

namespace slo::ngx {

class HealthWatch {
 public:
  // REQUIRES: settings, link and log outlive it.
  HealthWatch(const LinkSettings& settings, RedisLink& link, ngx_log_t* log);
  void quit() noexcept { again_.cancel(); }

 private:
  void ask();
  void learned(const redis::Health& health) const;
  redis::Troubles tell_troubles(const std::string& server, const redis::Health& health,
                                const redis::Troubles& before) const;
  void tell_replicas(const std::string& server, unsigned now, unsigned before, bool is_first) const;

  const LinkSettings& settings_;
  RedisLink& link_;
  ngx_log_t* log_;
  Event again_;
};

}  // namespace slo::ngx
