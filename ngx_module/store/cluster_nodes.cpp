// SPDX-License-Identifier: BSD-2-Clause
// Makes connections to nodes, and gives them up outside of their own callbacks.
#include "ngx_module/store/cluster_nodes.h"

#include <algorithm>
#include <utility>

#include "ngx_module/store/cluster_guide.h"

namespace slo::ngx {
namespace {

constexpr std::size_t most_nodes = 512;  // with lines: what 64 masters need, and many that others name

LinkSettings link_to_node(const LinkSettings& settings, const redis::Peer& peer) {
  LinkSettings link = link_to_nodes(settings);
  link.url += " node " + redis::name_of(peer);
  link.start_spread = Millis{1};
  link.longest_pause = settings.longest_pause;
  link.sends_again = settings.sends_again;
  link.prefix = settings.prefix;
  link.wait = settings.wait;
  link.is_watched = settings.is_watched;
  const auto known = std::ranges::find(settings.cluster, peer, &NamedServer::peer);
  link.node = known == settings.cluster.end() ? NamedServer{peer, {}} : *known;
  return link;
}

}  // namespace

ClusterNodes::ClusterNodes(const LinkSettings& settings, ngx_log_t* log)
    : settings_(settings), log_(log), bury_(log, [this] { bury(); }) {}

RedisServer& ClusterNodes::at(const Place& place) {
  auto& node = nodes_[place];
  if (node) return node->server;
  auto link = link_to_node(settings_, place.first);
  if (place.second != redis::meta_partition) link.is_told_of = link.is_watched = false;
  node = std::make_unique<Node>(std::move(link), log_);
  return node->server;
}

bool ClusterNodes::have_room_for(const redis::Peer& peer) const noexcept {
  return nodes_.size() < most_nodes || nodes_.contains({peer, redis::meta_partition});
}

bool ClusterNodes::is_one_up() const noexcept {
  return std::ranges::any_of(nodes_, [](const auto& node) { return node.second->server.is_up(); });
}

bool ClusterNodes::are_up(const std::vector<redis::Peer>& peers) const noexcept {
  return std::ranges::all_of(peers, [this](const redis::Peer& peer) {
    const auto node = nodes_.find({peer, redis::meta_partition});
    return node != nodes_.end() && node->second->server.is_up();
  });
}

bool ClusterNodes::is_over(const Nodes::value_type& node, const redis::ClusterMap& map) {
  const auto& [peer, partition] = node.first;
  const auto* owner = map.node_of(partition);
  const bool is_line = partition != redis::meta_partition;
  return is_line && (owner == nullptr || *owner != peer) && node.second->server.is_idle();
}

void ClusterNodes::keep_only(const redis::ClusterMap& map) {
  const auto peers = map.nodes();
  for (auto node = nodes_.begin(); node != nodes_.end();) {
    const auto next = std::next(node);
    if (!redis::contains(peers, node->first.first) || is_over(*node, map))
      leaving_.push_back(nodes_.extract(node));
    node = next;
  }
  if (!leaving_.empty() && !bury_.is_set()) bury_.after(Millis{1});
}

void ClusterNodes::bury() noexcept {
  auto leaving = std::exchange(leaving_, {});
  for (const auto& node : leaving) node.mapped()->server.quit();
}

void ClusterNodes::quit() noexcept {
  bury_.cancel();
  bury();
  for (const auto& [place, node] : nodes_) node->server.quit();
}

}  // namespace slo::ngx
