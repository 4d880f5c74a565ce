// SPDX-License-Identifier: BSD-2-Clause
// Stores lessons in the background.
#include "ngx_module/remember.h"

#include "ngx_module/worker.h"
#include "ngx_module/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

using Failed = std::function<void(const Refusal&)>;

void fail(const Failed& failed, const Refusal& refusal) {
  count(Counter::registrations_failed);
  failed(refusal);
}

void store(const ProviderConf& provider, const Lesson& lesson, const Failed& failed) {
  auto seat = worker()->link.submit<Registered>(redis::remember(provider.space, lesson),
                                                [failed](Outcome<Registered> done) {
                                                  if (!done) return fail(failed, done.error());
                                                  count(Counter::registrations);
                                                  if (*done == Registered::too_late)
                                                    fail(failed, Refusal{Fault::session_ended});
                                                });
  seat.keep();
}

}  // namespace

void remember_soon(const ProviderConf& provider, Lesson lesson, const Failed& failed) {
  if (!lesson.key.value.empty()) return store(provider, lesson, failed);
  auto seat = worker()->link.submit<std::optional<SessionKey>>(
      redis::session_of_cookie(provider.space, *lesson.cookie),
      [&provider, lesson, failed](Outcome<std::optional<SessionKey>> key) {
        if (!key) return fail(failed, key.error());
        Lesson complete = lesson;
        complete.key = *key ? **key : redis::mint_key(*lesson.cookie);
        store(provider, complete, failed);
      });
  seat.keep();
}

}  // namespace slo::ngx
