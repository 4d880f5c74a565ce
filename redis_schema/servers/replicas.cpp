// SPDX-License-Identifier: BSD-2-Clause
// Asks for WAIT behind a write that always is one.
#include "redis_schema/servers/replicas.h"

#include <algorithm>
#include <limits>
#include <string>

#include "redis_schema/key.h"

namespace slo::redis {
namespace {

constexpr Millis life_of_marker{60'000};

Outcome<unsigned> read_count(const Reply& reply) {
  if (code_of(reply.error()) == "UNBLOCKED") return refuse(Fault::store_unreachable, "it is no master now");
  if (reply.is_error()) return refuse(refusal_of(reply));
  const auto count = reply.integer().value_or(-1);
  if (count < 0) return refuse(unexpected_reply("WAIT"));
  return static_cast<unsigned>(std::min<long long>(count, std::numeric_limits<unsigned>::max()));
}

}  // namespace

Exchange<unsigned> count_replicas(std::string_view prefix, std::uint16_t partition, const ReplicaWait& wait) {
  Command write{
      .words = {"SET", awaited_key(prefix, partition), "", "PX", std::to_string(life_of_marker.count())},
      .partition = partition};
  Command ask{.words = {"WAIT", std::to_string(wait.replicas), std::to_string(wait.time.count())},
              .partition = partition};
  return {
      .commands = {std::move(write), std::move(ask)},
      // A full server takes no marker: WAIT still counts from the last write.
      .read = [](std::span<const Reply> replies) -> Outcome<unsigned> {
        if (replies.size() != 2) return refuse(unexpected_reply("WAIT"));
        return read_count(replies[1]);
      },
  };
}

}  // namespace slo::redis
