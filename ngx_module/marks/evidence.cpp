// SPDX-License-Identifier: BSD-2-Clause
// Looks up what names a session among the marks.
#include "ngx_module/marks/evidence.h"

namespace slo::ngx {
namespace {

std::optional<std::uint64_t> named(const Marks& marks, const ProviderMarks& part, Mark::Of of,
                                   std::string_view value) noexcept {
  return value.empty() ? std::nullopt : std::optional(marks.fingerprint(part, of, value));
}

}  // namespace

Evidence evidence_of(const Marks& marks, const ProviderMarks& part, std::string_view sid,
                     std::string_view sub, std::optional<TimeS> since) noexcept {
  return {.sid = named(marks, part, Mark::Of::sid, sid),
          .sub = named(marks, part, Mark::Of::sub, sub),
          .since = since};
}

bool is_same_session(const Evidence& a, const Evidence& b) noexcept {
  if (a.sid && b.sid) return a.sid == b.sid;
  return !a.sub || !b.sub || a.sub == b.sub;
}

Findings find_marks(const Marks& marks, const Evidence& evidence, TimeS now, Seconds retention) noexcept {
  const auto look = [&](const std::optional<std::uint64_t>& name) {
    const auto at = name ? marks.find(*name, now) : std::nullopt;
    return at && *at >= now - retention ? at : std::nullopt;
  };
  Findings findings{.names_session = evidence.names_session(), .since = evidence.since};
  findings.sid_is_marked = look(evidence.sid).has_value();
  findings.sub_marked_at = look(evidence.sub);
  return findings;
}

}  // namespace slo::ngx
