// SPDX-License-Identifier: BSD-2-Clause
// Holds the Lua scripts as the build read them from scripts/*.lua.
#include "redis_schema/script.h"

#include <array>

namespace slo::redis {

#include "scripts.inc"

std::span<const Script* const> all_scripts() {
  static constexpr std::array scripts{
      &index_script,  &point_script,    &register_script, &end_script,       &leave_script,
      &claim_script,  &claimdue_script, &ack_script,      &nack_script,      &redrive_script,
      &redeem_script, &unbundle_script, &greet_script,    &drop_script,      &mark_script,
      &own_script,    &keep_script,     &forget_script,   &recognise_script,
  };
  return scripts;
}

}  // namespace slo::redis
