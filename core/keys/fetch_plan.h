// SPDX-License-Identifier: BSD-2-Clause
// When the documents of an OP are fetched: refreshed in time, tried again, and at once for an unknown key.
//
// All times are of one clock that never jumps and that all workers of a host share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/moment.h"

namespace slo {

// What the workers of a host remember of it together.
struct FetchPlan {
  Millis due{0};               // the next fetch
  Millis had{-1};              // when the last good one ended; less than nought: none did
  Millis asked{-1};            // when an unknown key asked for one last
  std::uint32_t failures = 0;  // in a row
  friend bool operator==(const FetchPlan&, const FetchPlan&) = default;
};

inline constexpr Millis least_time_between_asked{30'000};

bool is_due(const FetchPlan& plan, Millis now) noexcept;
// An unknown key asks: true, and due at once, unless one did so within the last half minute.
bool ask_for_fetch(FetchPlan& plan, Millis now) noexcept;

// The fetch that just ended was good: the next one after `max_age`, within 1 minute to 24 hours, or an hour;
// or a tenth of that sooner, as `dice` says. True: the one before had failed.
bool note_fetched(FetchPlan& plan, Millis now, std::optional<Seconds> max_age, std::uint32_t dice) noexcept;
// The same where the next one is wanted after `period`, or a tenth of that sooner.
bool note_fetched_every(FetchPlan& plan, Millis now, Millis period, std::uint32_t dice) noexcept;
// It was not: tried again after 1 s, 2 s, … 60 s; where there is nothing yet, after 5 s at most for the first
// minutes, so that an OP that comes up is seen. True: it is the first failure in a row.
bool note_not_fetched(FetchPlan& plan, Millis now, std::uint32_t dice) noexcept;

// The max-age of a Cache-Control (RFC 9111, 5.2.2.1).
std::optional<Seconds> max_age_of(std::string_view cache_control);

}  // namespace slo
