// SPDX-License-Identifier: BSD-2-Clause
// Stores registrations in the background.
#include "ngx_module/op/register_participation.h"

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// A pointer that leads to another session is moved only now that this one is known to live.
void point_here(RedisLink& link, const ProviderConf& provider, const Registration& registration,
                const redis::RegisterAnswer& answer, const RegisterFailed& failed) {
  if (answer.rivals.empty()) return;
  auto pending = link.submit<std::vector<redis::Rival>>(
      redis::yielding(provider.space, answer),
      [&link, &provider, registration, failed](Outcome<std::vector<redis::Rival>> rivals) {
        if (!rivals) return failed(rivals.error());
        auto last = link.submit<bool>(redis::take_pointers(provider.space, registration, *rivals),
                                      [failed](Outcome<bool> done) {
                                        if (!done) failed(done.error());
                                      });
        last.keep();
      });
  pending.keep();
}

// Registration and repeat alike wait for nobody: what they were asked for is kept in the link.
void store(RedisLink& link, const ProviderConf& provider, const Registration& registration,
           const RegisterFailed& failed) {
  auto pending = link.submit<redis::RegisterAnswer>(
      redis::register_participation(provider.space, registration, nonce(this_moment(), 0)),
      [&link, &provider, registration, failed](Outcome<redis::RegisterAnswer> done) {
        if (!done) return failed(done.error());
        count(Counter::registrations);
        if (*done == Registered::too_late) failed(Refusal{Fault::session_ended});
        point_here(link, provider, registration, *done, failed);
      });
  pending.keep();
}

// Where the OP issues no sid, the cookie says which session it is.
void with_session_key(RedisLink& link, const ProviderConf& provider, Registration registration,
                      const RegisterFailed& failed, const std::function<void(const Registration&)>& next) {
  if (!registration.key.value.empty()) return next(registration);
  auto pending = link.submit<std::optional<SessionKey>>(
      redis::session_of_cookie(provider.space, *registration.cookie),
      [registration, failed, next](Outcome<std::optional<SessionKey>> key) {
        if (!key) return failed(key.error());
        Registration complete = registration;
        complete.key = *key ? **key : mint_key(*registration.cookie);
        next(complete);
      });
  pending.keep();
}

}  // namespace

void register_soon(RedisLink& link, const ProviderConf& provider, Registration registration,
                   const RegisterFailed& failed) {
  with_session_key(
      link, provider, std::move(registration), failed,
      [&link, &provider, failed](const Registration& whole) { store(link, provider, whole, failed); });
}

void register_if_missing(RedisLink& link, const ProviderConf& provider, Registration registration,
                         const RegisterFailed& failed) {
  with_session_key(
      link, provider, std::move(registration), failed, [&link, &provider, failed](const Registration& whole) {
        auto pending = link.submit<bool>(redis::takes_part(provider.space, whole.key, whole.client),
                                         [&link, &provider, whole, failed](Outcome<bool> takes_part) {
                                           if (!takes_part) return failed(takes_part.error());
                                           if (!*takes_part) store(link, provider, whole, failed);
                                         });
        pending.keep();
      });
}

}  // namespace slo::ngx
