// SPDX-License-Identifier: BSD-2-Clause
// Takes the master's new place from what a sentinel says.
#include "ngx_module/redis/failover_watch.h"

#include <utility>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/sentinel_search.h"

namespace slo::ngx {

FailoverWatch::FailoverWatch(const LinkSettings& settings, const redis::SentinelList& list, ngx_log_t* log,
                             Callbacks callbacks)
    : settings_(settings),
      log_(log),
      callbacks_(std::move(callbacks)),
      subscription_(
          link_to_sentinels(settings), settings.sentinel->places, redis::subscribe_to_failovers(), log,
          {.servers = [&list] { return list.in_order(); },
           .listening = [this] { callbacks_.listening(); },
           .hears = [this] { tell_hearing(); },
           .said = [this](const redis::Reply& message) { said(message); },
           .deaf = [this](const redis::Peer& last, const std::string& why) { tell_deaf(last, why); }}) {}

void FailoverWatch::tell_hearing() {
  if (!std::exchange(is_told_deaf_, false)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of failovers again", settings_.url.c_str());
}

void FailoverWatch::said(const redis::Reply& message) {
  if (const auto master = redis::moved_to(message, settings_.sentinel->master)) callbacks_.moved(*master);
}

void FailoverWatch::tell_deaf(const redis::Peer& last, const std::string& reason) {
  if (std::exchange(is_told_deaf_, true)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of no failover, no sentinel answers; %s: %s",
                settings_.url.c_str(), redis::name_of(last).c_str(), reason.c_str());
}

}  // namespace slo::ngx
