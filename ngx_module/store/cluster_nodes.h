// SPDX-License-Identifier: BSD-2-Clause
// The nodes of a cluster: a server each, and a line of its own for each partition that is waited in.
//
// Made when they are first needed.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/server.h"
#include "redis_schema/command.h"
#include "redis_schema/servers/cluster.h"
#include "redis_schema/servers/peer.h"

namespace slo::ngx {

class ClusterNodes {
 public:
  // REQUIRES: settings, which have a cluster, and log outlive it.
  ClusterNodes(const LinkSettings& settings, ngx_log_t* log);

  RedisServer& server_at(const redis::Peer& peer) { return at({peer, redis::meta_partition}); }
  // Nobody else is answered there.
  RedisServer& line_to(const redis::Peer& peer, std::uint16_t partition) { return at({peer, partition}); }
  // May another one be made? A node may name ever new ones.
  bool have_room_for(const redis::Peer& peer) const noexcept;
  bool is_one_up() const noexcept;
  bool are_up(const std::vector<redis::Peer>& peers) const noexcept;
  // Others are given up in a later turn of the event loop: what they have not answered is refused. A line to
  // one that has its partition no more stays while it is used: its node answers yet, or has been asked once.
  void keep_only(const redis::ClusterMap& map);
  void quit() noexcept;

 private:
  struct Node {
    Node(LinkSettings its_settings, ngx_log_t* log)
        : settings(std::move(its_settings)), server(settings, log) {}
    const LinkSettings settings;
    RedisServer server;
  };
  using Place = std::pair<redis::Peer, std::uint16_t>;
  using Nodes = std::map<Place, std::unique_ptr<Node>>;

  RedisServer& at(const Place& place);
  static bool is_over(const Nodes::value_type& node, const redis::ClusterMap& map);
  void bury() noexcept;

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Nodes nodes_{};
  std::list<Nodes::node_type> leaving_{};
  Event bury_;
};

}  // namespace slo::ngx
