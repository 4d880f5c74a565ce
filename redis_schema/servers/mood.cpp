// SPDX-License-Identifier: BSD-2-Clause
// Tells a server that cannot serve from a command that it does not like.
#include "redis_schema/servers/mood.h"

#include <algorithm>
#include <array>
#include <utility>

namespace slo::redis {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> moods{{
    {"READONLY", "it is a replica and takes no writes"},
    {"LOADING", "it is loading its data"},
    {"MASTERDOWN", "it is a replica that has lost its primary"},
    {"CLUSTERDOWN", "its cluster does not serve this part of the data"},
    {"NOREPLICAS", "it takes no writes, since it has too few replicas"},
    {"MISCONF", "it takes no writes, since it cannot save them"},
    {"BUSY", "a script keeps it busy"},
    {"NOAUTH", "it asks for a password"},
    {"MOVED", "it is a node of a cluster: the URL must begin with redis-cluster://"},
    {"ASK", "it is a node of a cluster: the URL must begin with redis-cluster://"},
    {"CROSSSLOT", "it is a node of a cluster: the URL must begin with redis-cluster://"},
}};

}  // namespace

std::optional<std::string> why_it_cannot_serve(const Reply& reply) {
  if (!reply.is_error()) return std::nullopt;
  const auto code = code_of(reply.error());
  const auto found = std::ranges::find(moods, code, &std::pair<std::string_view, std::string_view>::first);
  if (found == moods.end()) return std::nullopt;
  return std::string(found->second) + " (" + std::string(code) + ")";
}

bool is_of_clusters(const Reply& reply) noexcept {
  const auto code = code_of(reply.error());
  return code == "MOVED" || code == "ASK" || code == "CROSSSLOT" || code == "CLUSTERDOWN";
}

bool is_forbidden(const Reply& reply) noexcept { return code_of(reply.error()) == "NOPERM"; }

}  // namespace slo::redis
