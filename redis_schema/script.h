// SPDX-License-Identifier: BSD-2-Clause
// The Lua scripts, embedded at build time from scripts/*.lua: name, body, SHA-1 digest.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slo::redis {

struct Script {
  std::string_view name;
  std::string_view body;
  std::string_view digest;  // 40 hex digits, computed at build time
};

extern const Script index_script, point_script, register_script, end_script, leave_script, claim_script,
    claimdue_script, ack_script, nack_script, redrive_script, redeem_script, unbundle_script, greet_script,
    drop_script, mark_script, own_script, keep_script, forget_script, recognise_script;

std::span<const Script* const> all_scripts();

}  // namespace slo::redis
