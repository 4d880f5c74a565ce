// SPDX-License-Identifier: BSD-2-Clause
// When the documents of an OP are fetched: refreshed in time, tried again, and at once for an unknown key.
#include "core/keys/fetch_plan.h"

#include <algorithm>
#include <charconv>

#include "core/text/words.h"

namespace slo {
namespace {

constexpr Seconds usual_age{3600};
constexpr Seconds least_age{60};
constexpr Seconds most_age{24 * 3600};
constexpr Millis first_retry{1000};
constexpr Millis max_retry{60'000};
constexpr Millis max_retry_at_first{5000};
constexpr std::uint32_t failures_at_first = 60;  // five minutes of them

// A tenth of `time` less, or a part of that.
Millis sooner(Millis time, std::uint32_t dice) noexcept { return time - time / 1000 * (dice % 101); }

std::optional<Seconds> read_age(std::string_view digits) {
  if (digits.size() >= 2 && digits.front() == '"' && digits.back() == '"')
    digits = digits.substr(1, digits.size() - 2);
  const bool is_number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  Seconds::rep number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_beyond = read.ec != std::errc{} || number > most_age.count();
  return is_beyond ? most_age : Seconds{number};
}

}  // namespace

bool is_due(const FetchPlan& plan, Millis now) noexcept { return now >= plan.due; }

bool ask_for_fetch(FetchPlan& plan, Millis now) noexcept {
  if (plan.asked >= Millis{0} && now - plan.asked < least_time_between_asked) return false;
  plan.asked = plan.due = now;
  return true;
}

bool note_fetched(FetchPlan& plan, Millis now, std::optional<Seconds> max_age, std::uint32_t dice) noexcept {
  return note_fetched_every(plan, now, std::clamp(max_age.value_or(usual_age), least_age, most_age), dice);
}

bool note_fetched_every(FetchPlan& plan, Millis now, Millis period, std::uint32_t dice) noexcept {
  plan.due = now + sooner(period, dice);
  plan.had = now;
  const bool had_failed = plan.failures > 0;
  plan.failures = 0;
  return had_failed;
}

bool note_not_fetched(FetchPlan& plan, Millis now, std::uint32_t dice) noexcept {
  const bool is_at_first = plan.had < Millis{0} && plan.failures < failures_at_first;
  Millis delay = first_retry;
  for (std::uint32_t i = 0; i < plan.failures && delay < max_retry; ++i) delay *= 2;
  delay = std::min(delay, is_at_first ? max_retry_at_first : max_retry);
  plan.due = now + sooner(delay, dice);
  plan.failures = std::max(plan.failures, plan.failures + 1);
  return plan.failures == 1;
}

std::optional<Seconds> max_age_of(std::string_view cache_control) {
  constexpr std::string_view name = "max-age=";
  while (!cache_control.empty()) {
    const auto end = std::min(cache_control.find(','), cache_control.size());
    const auto part = trimmed(cache_control.substr(0, end));
    if (is_same_word(part.substr(0, name.size()), name)) return read_age(part.substr(name.size()));
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
  }
  return std::nullopt;
}

}  // namespace slo
