// SPDX-License-Identifier: BSD-2-Clause
// Looks again at registrations that a note spared Redis.
#include "ngx_module/op/repeats.h"

#include <utility>

#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/register_participation.h"

namespace slo::ngx {
namespace {

constexpr Millis moment_of_a_repeat{1000};
constexpr std::size_t max_repeats = 10'000;  // half a kilobyte each

bool may_heal(const Refusal& why) { return describe(why.fault).status == NGX_HTTP_SERVICE_UNAVAILABLE; }

}  // namespace

Repeats::Repeats(ngx_log_t* log) : log_(log), look_(log, [this] { look(); }) {}

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
  const ProviderConf& provider = *repeat.provider;
  Registration registration = repeat.registration;
  register_if_missing(provider, std::move(registration), [this, fingerprint, repeat](const Refusal& why) {
    forget_note(fingerprint);
    if (may_heal(why) && !ngx_exiting && add(*repeat.provider, fingerprint, repeat.registration)) return;
    count(Counter::registrations_failed);
    report(log_, why, repeat.provider->provider.name);
  });
}

}  // namespace slo::ngx
