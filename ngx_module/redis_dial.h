// SPDX-License-Identifier: BSD-2-Clause
// Gets a wire to Redis and keeps getting it: address, AUTH, SELECT, schema, back-off, and the log lines about
// it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/fault.h"
#include "ngx_module/redis_greeting.h"
#include "ngx_module/redis_wire.h"
#include "ngx_module/wake.h"

namespace slo::ngx {

// Whom to call next: the configured addresses in turn, beginning with the one that answered last. The only
// place that chooses, and so where a Sentinel or Cluster would be asked.
class DialPolicy {
 public:
  explicit DialPolicy(const std::vector<ngx_addr_t>& addresses) : addresses_(addresses) {}
  const ngx_addr_t& address() const { return addresses_[current_]; }
  bool next();                            // false: all were tried in this round; another one begins
  void settle() noexcept { tried_ = 0; }  // address() is the right one

 private:
  const std::vector<ngx_addr_t>& addresses_;
  std::size_t current_ = 0;
  std::size_t tried_ = 0;
};

class RedisDial {
 public:
  struct Ears {
    std::function<void()> up{};                        // speak
    std::function<void(redis::OwnedReply)> replied{};  // while up only
    std::function<void()> lost{};                      // was up; is being called again at once
    std::function<void(const Refusal& why)> failed{};  // is being called again after a while
  };

  // REQUIRES: settings and log outlive the dial.
  RedisDial(const LinkSettings& settings, ngx_log_t* log, Ears ears);

  void start();
  bool is_up() const noexcept { return up_; }
  void say(std::string_view bytes) { wire_.say(bytes); }  // REQUIRES: is_up()
  void drop(
      const std::string& reason);  // gives the wire up and dials again after a while; no ear hears of it
  void quit() noexcept;

 private:
  void dial();
  void opened();
  void heard(redis::OwnedReply reply);
  void greeted();
  void closed(const std::string& reason);
  void fail(const Refusal& why);
  void retreat(const Refusal& why);
  void tell_up();
  void tell_down(const Refusal& why);

  enum class Told : std::uint8_t { nothing, up, down, foreign };

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Ears ears_;
  DialPolicy policy_;
  RedisWire wire_;
  RedisGreeting greeting_;
  Wake again_;
  Wake limit_;  // of one call, until it is up. A draining worker does not wait for Redis to come back
  bool up_ = false;
  ngx_msec_t up_since_ = 0;
  unsigned failures_ = 0;
  Told told_ = Told::nothing;
  bool told_eviction_ = false;
};

}  // namespace slo::ngx
