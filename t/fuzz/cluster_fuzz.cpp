// SPDX-License-Identifier: BSD-2-Clause
// What nodes of a cluster say, and the URL that names them: whatever bytes come are understood or refused,
// and nothing leads anywhere but to a name with a port.
#include <algorithm>

#include "redis_schema/servers/cluster.h"
#include "redis_schema/servers/cluster_url.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

const redis::Peer asked_node{"10.0.0.9", 7009};

void check_peer(const redis::Peer& peer) {
  promise(peer.port != 0, "a node has a port");
  promise(redis::read_peer(peer.host, std::to_string(peer.port)) == peer, "a node has a plain name");
}

void check_map(const redis::Reply& reply) {
  const auto map = redis::ask_for_map(asked_node).read({&reply, 1});
  if (!map) return;
  const auto nodes = map->nodes();
  promise(!nodes.empty(), "a map leads somewhere");
  for (const auto& node : nodes) check_peer(node);
  std::size_t served = 0;
  for (std::uint16_t p = 0; p <= redis::partitions; ++p) {
    const auto* node = map->node_of(p < redis::partitions ? p : redis::meta_partition);
    if (node == nullptr) continue;
    ++served;
    promise(redis::contains(nodes, *node), "who serves a partition is among the nodes");
  }
  promise(served + map->orphans() == redis::partitions + 1, "a partition has a node, or is an orphan");
}

void hear(const redis::Reply& reply) {
  check_map(reply);
  if (const auto where = redis::redirection_in(reply, asked_node)) {
    promise(reply.is_error(), "only an error sends on");
    check_peer(where->to);
  }
  if (redis::is_to_be_asked_again(reply)) promise(reply.is_error(), "only an error is asked again");
}

void read_url(std::string_view text) {
  if (!redis::is_cluster_url(text)) return;
  const auto url = redis::read_cluster_url(text);
  if (!url) return promise(!url.error().detail.empty(), "a refusal says why");
  promise(!url->nodes.empty(), "a URL names nodes");
  for (const auto& node : url->nodes) check_peer(node);
  const auto again = redis::read_cluster_url(url->shown());
  promise(again && again->nodes == url->nodes && again->tls == url->tls, "what is shown can be read");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo::fuzz;
  const bool is_url = input.below(2) == 0;
  const auto bytes = input.rest();
  if (is_url) return read_url(std::string(bytes));
  slo::redis::ReplyReader reader;
  reader.feed(bytes);
  for (;;) {
    auto reply = reader.next();
    if (!reply || !*reply) return;
    hear(slo::redis::Reply(reply->get()));
  }
}
