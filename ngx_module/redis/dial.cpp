// SPDX-License-Identifier: BSD-2-Clause
// Gets a wire to Redis: one call per address, then a pause of 50 ms · 2^n up to a limit, give or take half.
#include "ngx_module/redis/dial.h"

#include <algorithm>
#include <utility>

#include "ngx_module/nginx/bounded_log.h"

namespace slo::ngx {
namespace {

constexpr Millis first_pause{50};
constexpr ngx_msec_t proven_after = 1000;  // up for less: it lets us in and throws us out, so we pause

Millis pause_after(unsigned failures, Millis longest) {
  const auto pause = std::min(longest, first_pause * (1u << std::min(failures, 6u)));
  return pause / 2 + Millis(ngx_random() % pause.count());
}

}  // namespace

RedisDial::RedisDial(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks)
    : settings_(settings),
      log_(log),
      callbacks_(std::move(callbacks)),
      places_(settings, log, [this](bool changed) { looked_up(changed); }),
      wire_(settings, log,
            {.opened = [this] { opened(); },
             .replied = [this](redis::OwnedReply reply) { heard(std::move(reply)); },
             .lost = [this](const std::string& reason) { closed(reason); }}),
      greeting_(settings),
      tidings_(settings, log),
      again_(log, [this] { dial(); }),
      next_(log, [this] { call(); }),
      limit_(log, [this] {
        wire_.close();
        closed("no answer within " + std::to_string(settings_.timeout.count()) + " ms");
      }) {
  again_.may_be_left();
  next_.may_be_left();
  limit_.may_be_left();
  if (settings.node) places_.move_to(settings.node->peer, settings.node->addresses);
  if (!settings.sentinel) return;
  guide_.emplace(settings, log,
                 MasterGuide::Callbacks{
                     .is_at = [this](const redis::Peer& master) { heard_of_master(master); },
                     .is_nowhere = [this](const std::string& why) { heard_of_none(why); },
                 });
}

void RedisDial::start() {
  if (guide_) guide_->start();
  again_.after(Millis(ngx_random() % settings_.start_spread.count()));
}

// Sentinels are asked before each call: who was the master may still think so.
void RedisDial::dial() {
  if (!guide_) return call();
  is_asking_ = true;
  guide_->ask();
}

void RedisDial::call() {
  if (places_.empty()) return fail({Fault::store_unreachable, "its name is not known"});
  limit_.after(settings_.timeout);
  wire_.open(places_.address(), places_.tls_name(), !tidings_.is_told_down());
}

void RedisDial::call_master(const redis::Peer& master) {
  if (master_ != master) {
    failures_ = 0;
    log_bounded("masters named by sentinels", NGX_LOG_NOTICE, log_,
                "store \"" + settings_.url + "\": its master is " + redis::name_of(master));
  }
  master_ = master;
  has_looked_up_ = false;
  places_.move_to(master);
  call();
}

// Asked for or not. Nobody waits for a pause, and whom we are calling is called on.
void RedisDial::heard_of_master(const redis::Peer& master) {
  is_asking_ = false;
  const bool is_calling = up_ || limit_.is_set() || next_.is_set();
  if (is_calling && master == master_) return;
  guide_->ask_no_more();
  if (up_) leave("its sentinels name another master");
  wire_.close();
  limit_.cancel();
  next_.cancel();
  again_.cancel();
  call_master(master);
}

void RedisDial::heard_of_none(const std::string& why) {
  if (std::exchange(is_asking_, false)) give_up({Fault::store_unreachable, why});
}

void RedisDial::opened() {
  greeting_.begin();
  for (const auto& command : greeting_.commands()) wire_.say(redis::encode(command));
}

void RedisDial::heard(redis::OwnedReply reply) {
  if (up_) return callbacks_.replied(std::move(reply));
  const auto next = greeting_.on_reply(std::move(reply));
  if (!next) {
    wire_.close();
    return fail(next.error());
  }
  if (*next == RedisGreeting::Next::done) return greeted();
  if (*next == RedisGreeting::Next::listen) return;
  for (const auto& command : greeting_.commands()) wire_.say(redis::encode(command));
}

void RedisDial::greeted() {
  limit_.cancel();
  places_.settle();
  has_looked_up_ = knocks_again_ = false;
  up_ = true;
  up_since_ = ngx_current_msec;
  tidings_.up();
  callbacks_.up(greeting_.agreement());
}

void RedisDial::closed(const std::string& reason) {
  const bool proven = up_ && ngx_current_msec - up_since_ >= proven_after;
  if (!proven) return fail({Fault::store_unreachable, reason});
  leave(reason);
  again_.after(Millis(1));
}

void RedisDial::fail(const Refusal& why) {
  limit_.cancel();
  return std::exchange(up_, false) ? give_up(why) : go_on(why);
}

// The next address; behind the last one its name is asked for others, before anybody hears of a failure.
void RedisDial::go_on(const Refusal& why) {
  if (places_.next()) return next_.after(Millis(1));
  why_ = why;
  if (std::exchange(has_looked_up_, true) || !places_.look_up()) looked_up(false);
}

void RedisDial::looked_up(bool changed) {
  if (std::exchange(knocks_again_, false) || changed) return next_.after(Millis(1));
  if (places_.empty() && !places_.trouble().empty())
    why_.detail = "its name \"" + places_.host() + "\" cannot be resolved: " + places_.trouble();
  give_up(why_);
}

void RedisDial::give_up(const Refusal& why) {
  has_looked_up_ = false;
  retreat(why);
  callbacks_.failed(why);
}

void RedisDial::turn_from(const std::string& reason) {
  wire_.close();
  const Refusal why{Fault::store_unreachable, reason};
  if (ngx_current_msec - up_since_ < proven_after) return fail(why);
  leave(reason);
  if (guide_) return again_.after(Millis(1));
  knocks_again_ = true;
  go_on(why);
}

// REQUIRES: up. Whoever waits goes along.
void RedisDial::leave(const std::string& reason) {
  wire_.close();
  up_ = false;
  failures_ = 0;
  log_bounded("connections to the store that were closed", NGX_LOG_INFO, log_,
              "store \"" + settings_.url + "\": " + reason + ", connecting again");
  callbacks_.lost();
}

void RedisDial::drop(const std::string& reason) {
  if (std::exchange(up_, false) && ngx_current_msec - up_since_ >= proven_after) failures_ = 0;
  wire_.close();
  limit_.cancel();
  retreat({Fault::store_unreachable, reason});
}

void RedisDial::retreat(const Refusal& why) {
  tidings_.down(why);
  again_.after(pause_after(failures_++, settings_.longest_pause));
}

void RedisDial::quit() noexcept {
  up_ = false;
  if (guide_) guide_->quit();
  again_.cancel();
  next_.cancel();
  limit_.cancel();
  places_.quit();
  wire_.close();
}

}  // namespace slo::ngx
