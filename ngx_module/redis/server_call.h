// SPDX-License-Identifier: BSD-2-Clause
// One connection to one server of several: its addresses in turn, AUTH, and then what is said and heard.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/addresses.h"
#include "ngx_module/redis/settings.h"
#include "ngx_module/redis/wire.h"
#include "redis_schema/reply.h"

namespace slo::ngx {

class ServerCall {
 public:
  struct Callbacks {
    std::function<void(redis::OwnedReply)> replied{};
    std::function<void(const std::string& reason)> failed{};  // it is over; never from inside begin()
  };

  // `link`: how any of them is spoken to; `known`: whose addresses need not be asked for. REQUIRES: log
  // outlives it.
  ServerCall(LinkSettings link, std::vector<NamedServer> known, ngx_log_t* log, Callbacks callbacks);

  // What was begun before is given up, and nobody is told.
  void begin(const redis::Peer& peer, std::vector<redis::Command> words);
  void say(const redis::Command& command) { wire_.say(redis::encode(command)); }  // REQUIRES: it has replied
  void has_heard_enough() { limit_.cancel(); }  // it may stay silent from now on
  void stop() noexcept;

 private:
  void dial();
  void opened();
  void heard(redis::OwnedReply reply);
  void closed(const std::string& reason);
  void looked_up(bool changed);
  void fail(const std::string& reason);

  const LinkSettings link_;
  const std::vector<NamedServer> known_;
  Callbacks callbacks_;
  RedisPlaces places_;
  RedisWire wire_;
  Event again_;
  Event limit_;
  std::vector<redis::Command> words_{};
  bool is_introduced_ = false;  // AUTH was answered, where it was said
  bool has_heard_ = false;
  bool has_looked_up_ = false;
  std::string trouble_{};
};

}  // namespace slo::ngx
