// SPDX-License-Identifier: BSD-2-Clause
// WAIT: how many replicas have what was written before on the same connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/moment.h"
#include "core/outcome.h"
#include "redis_schema/exchange.h"

namespace slo::redis {

struct ReplicaWait {
  unsigned replicas = 1;
  Millis time{100};
  friend bool operator==(const ReplicaWait&, const ReplicaWait&) = default;
};

// To be sent behind what shall be confirmed: blocks its connection for `time` at most, until so many replicas
// have all that was written up to then, by whomever. It writes something itself: a server may count from the
// last write of that connection, which of a repeated step may be an older one, or none. REQUIRES: partition
// is one that the server serves.
// store_refused with a code: it knows no WAIT, or its user may not; store_unreachable: it has become another
// server's replica meanwhile.
Exchange<unsigned> count_replicas(std::string_view prefix, std::uint16_t partition, const ReplicaWait& wait);

}  // namespace slo::redis
