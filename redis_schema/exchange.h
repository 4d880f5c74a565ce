// SPDX-License-Identifier: BSD-2-Clause
// Exchange<T>: what to say to Redis, and how to understand the answer.
//
// The hinge that keeps this room free of sockets: any host sends `commands` in order (pipelined) and hands
// all their replies, in order, to `read`. A host that sends them to several servers keeps no order between
// those, but for a command that comes last.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/outcome.h"
#include "redis_schema/command.h"
#include "redis_schema/reply.h"

namespace slo::redis {

template <class T>
struct Exchange {
  std::vector<Command> commands{};
  std::function<Outcome<T>(std::span<const Reply>)>
      read{};  // as many replies as commands; owns what it captures
};

}  // namespace slo::redis
