// SPDX-License-Identifier: BSD-2-Clause
// The URL that names some nodes of a cluster, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "redis_schema/servers/peer.h"

namespace slo::redis {

inline constexpr std::string_view cluster_url_form =
    "redis-cluster://[user:password@]host[:port][,host[:port]]...";

struct ClusterUrl {
  bool tls = false;                       // rediss-cluster://
  std::optional<std::string> userinfo{};  // as written, percent-encoded
  std::vector<Peer> nodes{};              // hosts in lower case; port 6379 where none is written
  std::string shown() const;              // without userinfo
  friend bool operator==(const ClusterUrl&, const ClusterUrl&) = default;
};

bool is_cluster_url(std::string_view text) noexcept;

// REQUIRES: is_cluster_url(). configuration_invalid with a detail to follow `the URL`, which quotes nothing.
Outcome<ClusterUrl> read_cluster_url(std::string_view text);

}  // namespace slo::redis
