// SPDX-License-Identifier: BSD-2-Clause
// Carries submissions to the nodes of a cluster: split by nodes, their replies joined in order.
//
// A command that comes last leaves when the others are answered. What is sent on (MOVED, ASK) goes on; what
// comes too early (TRYAGAIN, CLUSTERDOWN), or has nobody, is tried again until the time of the submission is
// over. What waits in its server stands alone in its exchange, and has a connection of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/store/cluster_nodes.h"
#include "ngx_module/store/cluster_trip.h"
#include "redis_schema/servers/cluster.h"

namespace slo::ngx {

class ClusterRouter {
 public:
  struct Callbacks {
    std::function<void()> in_doubt{};  // the map may be old
    std::function<void(std::uint16_t partition)> moved{};
  };

  // REQUIRES: settings, which have a cluster, and log outlive it.
  ClusterRouter(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks);

  void use(const redis::ClusterMap& fresh);
  bool serves() const noexcept;  // some node has a connection
  const redis::ClusterMap& map() const noexcept { return map_; }
  bool is_whole() const noexcept;  // every partition has a node, and every node a connection
  // Answered exactly once, from a later turn of the event loop. REQUIRES: a map was given; commands.
  void carry(std::vector<redis::Command> commands, RedisServer::OnReplies on_replies);
  void quit() noexcept;  // refuses what is under way

 private:
  using Trip = ClusterTrip;
  using Trips = std::list<Trip>;
  using Indices = Trip::Indices;
  struct Late {
    Trips::iterator trip;
    std::size_t index;
    std::string why;
  };

  void send(Trips::iterator trip, const Indices& indices);
  void send_to(const redis::Peer& peer, Trips::iterator trip, Indices indices);
  RedisServer& server_for(const redis::Command& command, const redis::Peer& peer);
  void send_on(const redis::Redirection& where, Trips::iterator trip, std::size_t index);
  void heard(const redis::Peer& peer, Trips::iterator trip, const Indices& indices,
             Outcome<RedisServer::Replies> replies);
  void take(const redis::Peer& peer, Trips::iterator trip, std::size_t index, redis::OwnedReply reply);
  void turned_away(const redis::Peer& peer, Trips::iterator trip, std::size_t index, const Refusal& why);
  void has_moved(std::uint16_t partition, const redis::Peer& to);
  void try_later(Trips::iterator trip, std::size_t index, std::string why);
  void try_again();
  void refuse_one(Trips::iterator trip, std::size_t index, const Refusal& why) const;
  void go_on(Trips::iterator trip);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Callbacks callbacks_;
  redis::ClusterMap map_{};
  Trips trips_{};
  std::vector<Late> late_{};
  bool has_quit_ = false;
  ClusterNodes nodes_;
  Event another_try_;  // a draining worker stays for this one
};

}  // namespace slo::ngx
