// SPDX-License-Identifier: BSD-2-Clause
// What is said on a new connection before anybody else speaks: who we are, which database, which schema.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/exchange.h"
#include "redis_schema/schema.h"

namespace slo::ngx {

class RedisGreeting {
 public:
  enum class Next : std::uint8_t { listen, speak, done };

  // REQUIRES: settings outlive the greeting.
  explicit RedisGreeting(const LinkSettings& settings) : settings_(settings) {}

  // Begins anew; commands() are to be sent.
  void begin();
  std::span<const redis::Command> commands() const { return commands_; }
  // speak: commands() are new and to be sent. store_unreachable with a reason, without secrets;
  // store_schema_foreign.
  Outcome<Next> on_reply(redis::OwnedReply reply);

  // REQUIRES: done. What the store said of itself.
  const redis::Agreement& agreement() const { return agreement_; }

 private:
  Outcome<Next> judge_introduction();
  Outcome<Next> judge_schema();

  const LinkSettings& settings_;
  bool introduced_ = false;
  redis::Exchange<redis::Agreement> schema_{};
  std::vector<redis::Command> commands_{};
  std::vector<redis::OwnedReply> replies_{};
  redis::Agreement agreement_{};
};

}  // namespace slo::ngx
