// SPDX-License-Identifier: BSD-2-Clause
// Keeps a subscription to a server: a silent one is left for the next.
#include "ngx_module/redis/subscription.h"

#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {
namespace {

constexpr Millis between_pings{1000};
constexpr Millis between_servers{20};
constexpr Millis between_rounds{1000};

bool is_pong(const redis::Reply& reply) { return reply[0].text() == "pong"; }

}  // namespace

Subscription::Subscription(LinkSettings link, std::vector<NamedServer> known, redis::Command subscribe,
                           ngx_log_t* log, Callbacks callbacks)
    : subscribe_(std::move(subscribe)),
      callbacks_(std::move(callbacks)),
      call_(std::move(link), std::move(known), log,
            {.replied = [this](redis::OwnedReply reply) { heard(redis::Reply(reply.get())); },
             .failed = [this](const std::string& reason) { lost(reason); }}),
      again_(log, [this] { listen(); }),
      ping_(log, [this] { ping(); }) {
  again_.may_be_left();
  ping_.may_be_left();
}

void Subscription::listen() {
  const auto servers = callbacks_.servers();
  round_ = servers.size();
  peer_ = servers[failures_ % round_];
  call_.begin(peer_, {subscribe_});
}

void Subscription::heard(const redis::Reply& reply) {
  is_pinging_ = false;
  if (reply.is_error()) {
    const std::string command = is_listening_ ? "PING" : subscribe_.words.front();
    call_.stop();
    return lost(command + " was answered " + std::string(redis::code_of(reply.error())));
  }
  if (!std::exchange(is_listening_, true)) {
    call_.has_heard_enough();
    ping();
    return callbacks_.listening();
  }
  if (!is_pong(reply)) return callbacks_.said(reply);
  failures_ = 0;  // not before: one that does not answer a PING would be left each second, in silence
  callbacks_.hears();
}

void Subscription::ping() {
  if (ngx_exiting) return;
  if (std::exchange(is_pinging_, true)) {
    call_.stop();
    return lost("no answer within " + std::to_string(between_pings.count()) + " ms");
  }
  call_.say({.words = {"PING"}});
  ping_.after(between_pings);
}

void Subscription::lost(const std::string& reason) {
  ping_.cancel();
  is_listening_ = is_pinging_ = false;
  const bool is_round_over = ++failures_ % round_ == 0;
  if (is_round_over) callbacks_.deaf(peer_, reason);
  again_.after(is_round_over ? between_rounds : between_servers);
}

void Subscription::stop() noexcept {
  again_.cancel();
  ping_.cancel();
  call_.stop();
}

}  // namespace slo::ngx
