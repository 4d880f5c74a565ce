// SPDX-License-Identifier: BSD-2-Clause
// Reads redis-cluster:// and rediss-cluster://.
#include "redis_schema/servers/cluster_url.h"

#include "redis_schema/servers/server_list.h"

namespace slo::redis {
namespace {

constexpr std::string_view plain_scheme = "redis-cluster://", secure_scheme = "rediss-cluster://";
constexpr ServerKind nodes_of_clusters{"node", "nodes", 6379};

}  // namespace

std::string ClusterUrl::shown() const {
  return std::string(tls ? secure_scheme : plain_scheme) + redis::shown(nodes);
}

bool is_cluster_url(std::string_view text) noexcept {
  return text.starts_with(plain_scheme) || text.starts_with(secure_scheme);
}

Outcome<ClusterUrl> read_cluster_url(std::string_view text) {
  ClusterUrl url{.tls = text.starts_with(secure_scheme)};
  auto list =
      read_server_list(text.substr((url.tls ? secure_scheme : plain_scheme).size()), nodes_of_clusters);
  if (!list) return refuse(list.error());
  if (!list->path.empty())
    return refuse(Fault::configuration_invalid,
                  "must end with its nodes: a cluster has one database, and no master with a name");
  url.userinfo = std::move(list->userinfo);
  url.nodes = std::move(list->servers);
  return url;
}

}  // namespace slo::redis
