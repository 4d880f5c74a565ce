// SPDX-License-Identifier: BSD-2-Clause
// Writes an id where there is none, and reads what is there: two commands for each partition.
#include "redis_schema/partition_ids.h"

#include <utility>

namespace slo::redis {
namespace {

constexpr std::size_t commands_of_each = 2;

Outcome<PartitionIds> read_partition_ids(std::span<const Reply> replies) {
  PartitionIds ids{};
  for (std::size_t p = 0; p < ids.size() && commands_of_each * p + 1 < replies.size(); ++p) {
    const Reply& id = replies[commands_of_each * p + 1];
    if (!id.is_error()) ids.at(p) = id.text().value_or("");
  }
  return ids;
}

}  // namespace

Exchange<PartitionIds> agree_on_partition_ids(std::string_view prefix, const std::string& new_id) {
  Exchange<PartitionIds> exchange{.read = read_partition_ids};
  for (std::uint16_t p = 0; p < partitions; ++p) {
    const std::string key = id_key(prefix, p);
    exchange.commands.push_back({.words = {"SET", key, new_id, "NX"}, .partition = p, .stands_alone = true});
    exchange.commands.push_back({.words = {"GET", key}, .partition = p, .stands_alone = true});
  }
  return exchange;
}

}  // namespace slo::redis
