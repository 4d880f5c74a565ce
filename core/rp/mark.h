// SPDX-License-Identifier: BSD-2-Clause
// Mark: what has ended, as guards in front of applications know it. Who is not marked is alive.
#pragma once

#include <cstdint>
#include <string>

#include "core/moment.h"

namespace slo {

// Of one issuer. A mark of a sid ends the session of that sid for good; one of a sub ends all sessions of
// that user that began in the second `at` or before, and a later login lives.
struct Mark {
  enum class Of : std::uint8_t { sid, sub };
  Of of = Of::sid;
  std::string value{};
  TimeS at{};             // sid: when it ended
  bool is_proven = true;  // by the OP's signature or our own doing; else somebody knew the sid
  friend bool operator==(const Mark&, const Mark&) = default;
};

}  // namespace slo
