// SPDX-License-Identifier: BSD-2-Clause
// The id of each partition, by which a node of a cluster is seen to have forgotten what it was told.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

struct PartitionId {
  std::string id{};            // empty: its node does not say
  bool is_new = false;         // this exchange brought it
  bool is_substitute = false;  // for something that stood in its place and was no id of ours
  friend bool operator==(const PartitionId&, const PartitionId&) = default;
};
using PartitionIds = std::array<PartitionId, partitions>;

// `new_id`, a nonce(), becomes the id of each partition that has none. It stays as long as its node keeps
// what it was told, wherever the partition moves.
Exchange<PartitionIds> agree_on_partition_ids(std::string_view prefix, const std::string& new_id);

}  // namespace slo::redis
