// SPDX-License-Identifier: BSD-2-Clause
// What a server says of itself (INFO): memory, files, replicas, role; and what of it is worth a line.
// log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/admin/status_page.h"
#include "core/moment.h"
#include "redis_schema/exchange.h"

namespace slo::redis {

// What is not said, or not understood, is nothing.
struct Health {
  std::optional<bool> is_master{};
  std::optional<std::uint64_t> memory_used{};
  std::optional<std::uint64_t> memory_limit{};  // 0: none
  std::string policy{};                         // maxmemory-policy
  std::optional<bool> append_only{};
  std::optional<bool> saves{};         // the last write of each of its files went well
  std::optional<unsigned> replicas{};  // connected
  std::optional<std::uint64_t>
      replica_lag{};  // bytes that the last of them lacks; nothing where there is none
  friend bool operator==(const Health&, const Health&) = default;

  bool evicts() const noexcept;  // it may drop what was stored
};

Health read_health(std::string_view info);

// INFO without a section: with more than one it is Redis 7's. store_refused with a code, where it is
// forbidden.
Exchange<Health> ask_health();

struct Troubles {
  bool evicts = false;
  bool is_nearly_full = false;  // of its limit 90 % are used; over below 85 %
  bool cannot_save = false;
  friend bool operator==(const Troubles&, const Troubles&) = default;
};
// What is not known stays as it was.
Troubles troubles_of(const Health& health, const Troubles& before) noexcept;

inline constexpr Millis health_is_known_for{30'000};  // what is older is shown to nobody

// Its metrics: the same ones in the same order for every health.
std::vector<ServerGauge> gauges_of(const Health& health);

}  // namespace slo::redis
