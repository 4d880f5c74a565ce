// SPDX-License-Identifier: BSD-2-Clause
// What a receiver is worth by what it did, and what it may have for that (receiver_queues.h).
#pragma once

#include <string>

#include "core/delivery/breaker.h"

namespace slo {

struct QueueLimits {
  unsigned places = 512;  // young calls
  unsigned per_host = 4;  // … to one host, and calls to one receiver
  BreakerPolicy breaker{};
};

enum class Standing : unsigned char { proven, unknown, suspect };

// What the end of a call says: nothing about its receiver; that it works; that it, or its host, does not.
enum class CallOutcome : unsigned char { nothing, answered, receiver_failed, host_failed };

// A receiver or a host was shut, or answers again.
enum class ReceiverNews : unsigned char { none, shut, recovered, host_recovered };

struct ReceiverHost {
  std::string name;
  unsigned young = 0;
  Breaker breaker{};
};

}  // namespace slo
