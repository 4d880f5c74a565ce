// SPDX-License-Identifier: BSD-2-Clause
// Looks again at registrations that a note spared Redis.
#include "ngx_module/op/repeats.h"

#include <utility>

#include "ngx_module/http/register_participation.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr Millis moment_of_a_repeat{1000};
constexpr std::size_t max_repeats = 10'000;  // half a kilobyte each

bool may_heal(const Refusal& why) { return describe(why.fault).status == NGX_HTTP_SERVICE_UNAVAILABLE; }

}  // namespace

void note_stored_only(std::uint64_t fingerprint, const Outcome<Registered>& registered) noexcept {
  if (!registered || *registered == Registered::too_late) forget_note(fingerprint);
}

Repeats::Repeats(ngx_log_t* log) : look_(log, [this] { look(); }) {}

bool Repeats::add(const ProviderConf& provider, std::uint64_t fingerprint, Registration registration) {
  if (waiting_.size() >= max_repeats) return false;
  waiting_.try_emplace(fingerprint, Repeat{&provider, std::move(registration)});
  if (!look_.is_set()) look_.after(moment_of_a_repeat);
  return true;
}

void Repeats::look() {
  auto now = std::exchange(waiting_, {});
  for (auto& [fingerprint, repeat] : now) look_at(fingerprint, repeat);
}

void Repeats::look_at(std::uint64_t fingerprint, const Repeat& repeat) {
  register_if_missing(
      *repeat.provider, repeat.registration,
      {.done = [fingerprint](
                   const Outcome<Registered>& registered) { note_stored_only(fingerprint, registered); },
       .again =
           [this, fingerprint, repeat](const Refusal& why) {
             return may_heal(why) && !ngx_exiting && add(*repeat.provider, fingerprint, repeat.registration);
           }});
}

}  // namespace slo::ngx
