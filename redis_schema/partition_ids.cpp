// SPDX-License-Identifier: BSD-2-Clause
// Reads the id of each partition, and writes one where there is none: a script for each.
#include "redis_schema/partition_ids.h"

#include <algorithm>
#include <utility>

#include "redis_schema/script.h"

namespace slo::redis {
namespace {

PartitionId read_partition_id(const Reply& reply) {
  const std::string_view id = reply[0].text().value_or("");
  return {.id = std::string(id), .is_new = reply[1].integer() == 1, .is_substitute = id.ends_with('!')};
}

Outcome<PartitionIds> read_partition_ids(std::span<const Reply> replies) {
  PartitionIds ids{};
  std::ranges::transform(replies.first(std::min(replies.size(), ids.size())), ids.begin(), read_partition_id);
  return ids;
}

}  // namespace

Exchange<PartitionIds> agree_on_partition_ids(std::string_view prefix, const std::string& new_id) {
  Exchange<PartitionIds> exchange{.read = read_partition_ids};
  for (std::uint16_t p = 0; p < partitions; ++p) {
    auto command = run_script(recognise_script, p, {id_key(prefix, p)}, {new_id});
    command.stands_alone = true;
    exchange.commands.push_back(std::move(command));
  }
  return exchange;
}

}  // namespace slo::redis
