// SPDX-License-Identifier: BSD-2-Clause
// Where a server may be: the addresses of its name, called in turn, and asked again of a name server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

// Whom to call next: begins with the address that answered last. Of the configuration's server, until
// move_to() names another one.
class RedisPlaces {
 public:
  // REQUIRES: settings and log outlive it. `heard`: look_up() is over, and there are other addresses than
  // before.
  RedisPlaces(const LinkSettings& settings, ngx_log_t* log, std::function<void(bool changed)> heard);
  ~RedisPlaces() { quit(); }
  RedisPlaces(const RedisPlaces&) = delete;

  // From now on the addresses of `peer`, whose name is verified in TLS: itself, if it is one, else those that
  // are known already, and what look_up() finds.
  void move_to(const redis::Peer& peer, std::vector<ngx_addr_t> known = {});

  bool empty() const noexcept { return addresses_.empty(); }
  const ngx_addr_t& address() const { return addresses_[current_]; }  // REQUIRES: not empty()
  bool next() noexcept;                   // false: all were tried in this round; another one begins
  void settle() noexcept { tried_ = 0; }  // address() is the right one

  // Asks for the name's addresses; the answer comes in a later turn of the event loop. False: there is no
  // name, or nobody to ask.
  bool look_up();
  const std::string& host() const noexcept { return host_; }  // empty: there is no name
  const std::string& tls_name() const noexcept { return tls_name_; }
  const std::string& trouble() const noexcept { return trouble_; }  // with the last look_up(); empty: none
  void quit() noexcept;

 private:
  static void on_resolved(ngx_resolver_ctx_t* answer);
  void resolved(const ngx_resolver_ctx_t& answer);
  void take(const ngx_resolver_ctx_t& answer);

  struct Place {
    ngx_sockaddr_t address{};
    socklen_t length = 0;
    std::string name{};
  };
  static std::optional<Place> place_of_literal(const redis::Peer& peer);
  static void give_name(Place& place);
  void use(std::vector<Place> places);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  std::function<void(bool)> heard_;
  std::string host_;  // what may be looked up; empty: an address or a path
  in_port_t port_;
  std::string tls_name_;
  std::vector<Place> places_{};          // what `addresses_` points to, once the name was looked up
  std::vector<ngx_addr_t> addresses_{};  // first those of the configuration
  std::size_t current_ = 0;
  std::size_t tried_ = 0;
  std::string name_{};  // as it is asked for: nginx writes into it
  ngx_resolver_ctx_t* asked_ = nullptr;
  std::string trouble_{};
  bool changed_ = false;
  Event tell_;
};

}  // namespace slo::ngx
