// SPDX-License-Identifier: BSD-2-Clause
// Keeps a subscription to a sentinel: a silent one is left for the next.
#include "ngx_module/redis/failover_watch.h"

#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {
namespace {

constexpr Millis between_pings{1000};
constexpr Millis between_sentinels{20};
constexpr Millis between_rounds{1000};

bool is_pong(const redis::Reply& reply) { return reply[0].text() == "pong"; }

}  // namespace

FailoverWatch::FailoverWatch(const LinkSettings& settings, const redis::SentinelList& list, ngx_log_t* log,
                             Callbacks callbacks)
    : settings_(settings),
      list_(list),
      log_(log),
      callbacks_(std::move(callbacks)),
      call_(settings, log,
            {.replied = [this](redis::OwnedReply reply) { heard(redis::Reply(reply.get())); },
             .failed = [this](const std::string& reason) { lost(reason); }}),
      again_(log, [this] { listen(); }),
      ping_(log, [this] { ping(); }) {
  again_.may_be_left();
  ping_.may_be_left();
}

void FailoverWatch::begin() { listen(); }

void FailoverWatch::listen() {
  const auto& sentinels = list_.in_order();
  peer_ = sentinels[failures_ % sentinels.size()];
  call_.begin(peer_, {redis::subscribe_to_failovers()});
}

void FailoverWatch::heard(const redis::Reply& reply) {
  is_pinging_ = false;
  if (reply.is_error()) {
    const std::string command = is_listening_ ? "PING" : "SUBSCRIBE";
    call_.stop();
    return lost(command + " was answered " + std::string(redis::code_of(reply.error())));
  }
  if (!std::exchange(is_listening_, true)) {
    call_.has_heard_enough();
    ping();
    return callbacks_.listening();
  }
  if (is_pong(reply)) return settle();
  if (const auto master = redis::moved_to(reply, settings_.sentinel->master)) callbacks_.moved(*master);
}

// Not before: a sentinel that lets us subscribe and does not answer a PING would be left each second, in
// silence.
void FailoverWatch::settle() {
  failures_ = 0;
  tell_hearing();
}

void FailoverWatch::ping() {
  if (ngx_exiting) return;
  if (std::exchange(is_pinging_, true)) {
    call_.stop();
    return lost("no answer within " + std::to_string(between_pings.count()) + " ms");
  }
  call_.say({.words = {"PING"}});
  ping_.after(between_pings);
}

void FailoverWatch::lost(const std::string& reason) {
  ping_.cancel();
  is_listening_ = is_pinging_ = false;
  const bool is_round_over = ++failures_ % list_.in_order().size() == 0;
  if (is_round_over) tell_deaf(reason);
  again_.after(is_round_over ? between_rounds : between_sentinels);
}

void FailoverWatch::tell_deaf(const std::string& reason) {
  if (std::exchange(is_told_deaf_, true)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of no failover, no sentinel answers; %s: %s",
                settings_.url.c_str(), redis::name_of(peer_).c_str(), reason.c_str());
}

void FailoverWatch::tell_hearing() {
  if (!std::exchange(is_told_deaf_, false)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: store \"%s\" hears of failovers again", settings_.url.c_str());
}

void FailoverWatch::stop() noexcept {
  again_.cancel();
  ping_.cancel();
  call_.stop();
}

}  // namespace slo::ngx
