// SPDX-License-Identifier: BSD-2-Clause
// Gets a wire to Redis and keeps getting it: address, or master by Sentinel; AUTH, SELECT, schema, back-off.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/fault.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/redis/addresses.h"
#include "ngx_module/redis/greeting.h"
#include "ngx_module/redis/master_guide.h"
#include "ngx_module/redis/tidings.h"
#include "ngx_module/redis/wire.h"

namespace slo::ngx {

class RedisDial {
 public:
  struct Callbacks {
    std::function<void(const redis::Agreement&)> up{};  // speak
    std::function<void(redis::OwnedReply)> replied{};   // while up only
    std::function<void()> lost{};                       // was up; is being called again at once
    std::function<void(const Refusal& why)> failed{};   // is being called again after a while
  };

  // REQUIRES: settings and log outlive the dial.
  RedisDial(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks);

  void start();
  bool is_up() const noexcept { return up_; }
  std::string server_name() const { return std::string(places_.empty() ? "" : view(places_.address().name)); }
  void say(std::string_view bytes) { wire_.say(bytes); }  // REQUIRES: is_up()
  void drop(
      const std::string& reason);  // gives the wire up and dials again after a while; no ear hears of it
  // REQUIRES: is_up(). It answers, but serves nobody: given up like a wire that broke, for the next address.
  void turn_from(const std::string& reason);
  void quit() noexcept;

 private:
  void dial();
  void call();
  void call_master(const redis::Peer& master);
  void heard_of_master(const redis::Peer& master);
  void heard_of_none(const std::string& why);
  void opened();
  void heard(redis::OwnedReply reply);
  void greeted();
  void closed(const std::string& reason);
  void leave(const std::string& reason);
  void fail(const Refusal& why);
  void go_on(const Refusal& why);
  void looked_up(bool changed);
  void give_up(const Refusal& why);
  void retreat(const Refusal& why);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Callbacks callbacks_;
  RedisPlaces places_;
  RedisWire wire_;
  RedisGreeting greeting_;
  StoreTidings tidings_;
  std::optional<MasterGuide> guide_{};  // where there are sentinels
  redis::Peer master_{};
  bool is_asking_ = false;  // where it is, to call it
  Event again_;
  Event next_;   // the next address of the same server
  Event limit_;  // of one call, until it is up. A draining worker does not wait for Redis to come back
  bool up_ = false;
  ngx_msec_t up_since_ = 0;
  unsigned failures_ = 0;
  bool has_looked_up_ = false;  // in this round of addresses
  bool knocks_again_ = false;   // at the same place: it has served before
  Refusal why_{Fault::store_unreachable};
};

}  // namespace slo::ngx
