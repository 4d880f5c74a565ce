// SPDX-License-Identifier: BSD-2-Clause
// What names a session to a guard, as fingerprints of marks, and what the marks say of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/moment.h"
#include "core/rp/guard.h"
#include "ngx_module/marks/marks.h"

namespace slo::ngx {

struct Evidence {
  std::optional<std::uint64_t> sid{};
  std::optional<std::uint64_t> sub{};
  std::optional<TimeS> since{};
  bool names_session() const noexcept { return sid || sub; }
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// Of names that may be empty.
Evidence evidence_of(const Marks& marks, const ProviderMarks& part, std::string_view sid,
                     std::string_view sub, std::optional<TimeS> since) noexcept;

// Do both mean the same session, as far as they tell? As is_same_session() of core/app.
bool is_same_session(const Evidence& a, const Evidence& b) noexcept;

// What is older than `retention` counts no more, though it may not have been swept yet.
Findings find_marks(const Marks& marks, const Evidence& evidence, TimeS now, Seconds retention) noexcept;

}  // namespace slo::ngx
