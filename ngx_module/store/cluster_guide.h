// SPDX-License-Identifier: BSD-2-Clause
// Keeps the map of a cluster: asks one node after another which node has what, again and again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/server_call.h"
#include "redis_schema/servers/cluster.h"

namespace slo::ngx {

// How nodes of this cluster are spoken to. REQUIRES: settings have some.
LinkSettings link_to_nodes(const LinkSettings& settings);

class ClusterGuide {
 public:
  struct Callbacks {
    std::function<void(const redis::ClusterMap&)> found{};
    std::function<void(const std::string& why)> nowhere{};  // as a clause; it goes on asking
  };

  // REQUIRES: settings, which have a cluster, and log outlive it.
  ClusterGuide(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks);

  void start(Millis delay);
  // The map may be old: is asked for soon, however often this is said.
  void ask();
  void quit() noexcept;

 private:
  // Those of the last map, then those of the configuration.
  std::vector<redis::Peer> nodes() const;
  void begin_round();
  void ask_next();
  void heard(const redis::Reply& reply);
  void failed(const std::string& why);
  void end_round(Millis pause);

  const LinkSettings& settings_;
  Callbacks callbacks_;
  ServerCall call_;
  Event again_;
  std::vector<redis::Peer> known_{};  // of the last map
  std::vector<redis::Peer> left_{};   // of this round; the next one last
  std::size_t rounds_ = 0;
  ngx_msec_t begun_ = 0;
  bool is_asking_ = false;
  bool is_wanted_ = false;  // said since this round has begun
  bool has_begun_ = false;
  std::string trouble_{};
};

}  // namespace slo::ngx
