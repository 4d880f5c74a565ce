// SPDX-License-Identifier: BSD-2-Clause
// Stores registrations in the background.
#include "ngx_module/op/register_participation.h"

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/store.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// A pointer that leads to another session is moved only now that this one is known to live.
void point_here(const ProviderConf& provider, const Registration& registration,
                const redis::RegisterAnswer& answer, const RegisterFailed& failed) {
  if (answer.rivals.empty()) return;
  store()->submit_detached<std::vector<redis::Rival>>(
      redis::yielding(provider.space, answer),
      [&provider, registration, failed](Outcome<std::vector<redis::Rival>> rivals) {
        if (!rivals) return failed(rivals.error());
        store()->submit_detached<bool>(redis::take_pointers(provider.space, registration, *rivals),
                                       [failed](Outcome<bool> done) {
                                         if (!done) failed(done.error());
                                       });
      });
}

// Registration and repeat alike wait for nobody: what they asked for is answered in any case.
void write_down(const ProviderConf& provider, const Registration& registration,
                const RegisterFailed& failed) {
  store()->submit_detached<redis::RegisterAnswer>(
      redis::register_participation(provider.space, registration, nonce(this_moment(), 0)),
      [&provider, registration, failed](Outcome<redis::RegisterAnswer> done) {
        if (!done) return failed(done.error());
        count(Counter::registrations);
        if (*done == Registered::too_late) failed(Refusal{Fault::session_ended});
        point_here(provider, registration, *done, failed);
      });
}

// Where the OP issues no sid, the cookie says which session it is.
void with_session_key(const ProviderConf& provider, Registration registration, const RegisterFailed& failed,
                      const std::function<void(const Registration&)>& next) {
  if (!registration.key.value.empty()) return next(registration);
  store()->submit_detached<std::optional<SessionKey>>(
      redis::session_of_cookie(provider.space, *registration.cookie),
      [registration, failed, next](Outcome<std::optional<SessionKey>> key) {
        if (!key) return failed(key.error());
        Registration complete = registration;
        complete.key = *key ? **key : mint_key(*registration.cookie);
        next(complete);
      });
}

}  // namespace

void register_soon(const ProviderConf& provider, Registration registration, const RegisterFailed& failed) {
  with_session_key(provider, std::move(registration), failed,
                   [&provider, failed](const Registration& whole) { write_down(provider, whole, failed); });
}

void register_if_missing(const ProviderConf& provider, Registration registration,
                         const RegisterFailed& failed) {
  with_session_key(provider, std::move(registration), failed, [&provider, failed](const Registration& whole) {
    store()->submit_detached<bool>(
        redis::takes_part(provider.space, whole.key, whole.client),
        [&provider, whole, failed](Outcome<bool> takes_part) {
          if (!takes_part) return failed(takes_part.error());
          if (!*takes_part) write_down(provider, whole, failed);
        },
        Priority::background);
  });
}

}  // namespace slo::ngx
