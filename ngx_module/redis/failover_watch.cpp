// SPDX-License-Identifier: BSD-2-Clause
// Takes the master's new place from what a sentinel says.
#include "ngx_module/redis/failover_watch.h"

#include <utility>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/sentinel_search.h"

namespace slo::ngx {
namespace {

constexpr Millis between_moves{250};

}  // namespace

FailoverWatch::FailoverWatch(const LinkSettings& settings, const redis::SentinelList& list, ngx_log_t* log,
                             Callbacks callbacks)
    : settings_(settings),
      log_(log),
      callbacks_(std::move(callbacks)),
      subscription_(
          link_to_sentinels(settings), settings.sentinel->places, redis::subscribe_to_failovers(), log,
          {.servers = [&list] { return list.in_order(); },
           .listening = [this] { listening(); },
           .hears = [this] { tell_hearing(); },
           .said = [this](const redis::Reply& message) { said(message); },
           .deaf = [this](const redis::Peer& last, const std::string& why) { tell_deaf(last, why); }}),
      follow_(log, [this] { follow(); }) {
  follow_.may_be_left();
}

void FailoverWatch::listening() {
  named_.reset();  // by one that is not listened to any more: it is asked for now
  callbacks_.listening();
}

void FailoverWatch::tell_hearing() {
  if (!std::exchange(is_told_deaf_, false)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of failovers again", settings_.url.c_str());
}

void FailoverWatch::said(const redis::Reply& message) {
  auto master = redis::moved_to(message, settings_.sentinel->master);
  if (!master) return;
  named_ = std::move(master);
  if (!follow_.is_set()) follow_.post();  // once all is read that has come
}

// Whoever names ever other masters shall not have all of them called: who is named while the pause lasts is
// followed behind it.
void FailoverWatch::follow() {
  if (!named_) return;
  follow_.after(between_moves);
  callbacks_.moved(*std::exchange(named_, std::nullopt));
}

void FailoverWatch::stop() noexcept {
  follow_.cancel();
  subscription_.stop();
}

void FailoverWatch::tell_deaf(const redis::Peer& last, const std::string& reason) {
  if (std::exchange(is_told_deaf_, true)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of no failover, no sentinel answers; %s: %s",
                settings_.url.c_str(), redis::name_of(last).c_str(), reason.c_str());
}

}  // namespace slo::ngx
