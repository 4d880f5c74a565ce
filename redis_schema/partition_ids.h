// SPDX-License-Identifier: BSD-2-Clause
// The id of each partition, by which a node of a cluster is seen to have forgotten what it was told.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

using PartitionIds = std::array<std::string, partitions>;  // empty: its node does not say

// `new_id` becomes the id of each partition that has none. It is random, and stays as long as its node keeps
// what it was told, wherever the partition moves.
Exchange<PartitionIds> agree_on_partition_ids(std::string_view prefix, const std::string& new_id);

}  // namespace slo::redis
