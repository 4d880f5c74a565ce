// SPDX-License-Identifier: BSD-2-Clause
// What a receiver is worth by what it did, and what it may have for that (receiver_queues.h).
#pragma once

#include <algorithm>
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

// The common places, and who holds one: calls while they are young, those of suspects until they are over.
class Places {
 public:
  explicit Places(unsigned count) : count_(count) {}

  bool has_one_for(Standing standing) const {
    if (young_ >= count_) return false;
    if (standing == Standing::unknown) return young_unknown_ < std::max(1U, count_ * 3 / 4);
    return standing != Standing::suspect || suspects_ < max_suspects();
  }
  // More than the half of theirs.
  bool has_many_for_suspects() const { return suspects_ < max_suspects() / 2; }
  unsigned young() const { return young_; }
  unsigned free() const { return count_ - std::min(young_, count_); }

  void take(Standing standing) {
    ++young_;
    if (standing == Standing::unknown) ++young_unknown_;
    if (standing == Standing::suspect) ++suspects_;
  }
  // It is young no more; and it is over, or another's.
  void leave(Standing standing) {
    --young_;
    if (standing == Standing::unknown) --young_unknown_;
  }
  void over(Standing standing) {
    if (standing == Standing::suspect) --suspects_;
  }
  void add_old_suspect() { ++suspects_; }

 private:
  unsigned max_suspects() const { return std::max(1U, count_ / 4); }

  unsigned count_;
  unsigned young_ = 0;
  unsigned young_unknown_ = 0;
  unsigned suspects_ = 0;
};

struct ReceiverHost {
  std::string name;
  unsigned young = 0;
  Breaker breaker{};
};

}  // namespace slo
