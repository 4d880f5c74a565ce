// SPDX-License-Identifier: BSD-2-Clause
// Stores lessons in the background.
#include "ngx_module/remember.h"

#include "ngx_module/worker.h"
#include "ngx_module/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// A pointer that leads to another session is moved only now that this one is known to live.
void point_here(const ProviderConf& provider, const Lesson& lesson, const redis::Remembered& remembered,
                const RememberFailed& failed) {
  if (remembered.rivals.empty()) return;
  auto seat = worker()->link.submit<std::vector<redis::Rival>>(
      redis::yielding(provider.space, remembered),
      [&provider, lesson, failed](Outcome<std::vector<redis::Rival>> rivals) {
        if (!rivals) return failed(rivals.error());
        auto last = worker()->link.submit<bool>(redis::take_pointers(provider.space, lesson, *rivals),
                                                [failed](Outcome<bool> done) {
                                                  if (!done) failed(done.error());
                                                });
        last.keep();
      });
  seat.keep();
}

// Registration and repeat alike wait for nobody: what they were asked for is kept in the link.
void store(const ProviderConf& provider, const Lesson& lesson, const RememberFailed& failed) {
  auto seat = worker()->link.submit<redis::Remembered>(
      redis::remember(provider.space, lesson, nonce(this_moment(), 0)),
      [&provider, lesson, failed](Outcome<redis::Remembered> done) {
        if (!done) return failed(done.error());
        count(Counter::registrations);
        if (*done == Registered::too_late) failed(Refusal{Fault::session_ended});
        point_here(provider, lesson, *done, failed);
      });
  seat.keep();
}

// Where the OP issues no sid, the cookie says which session it is.
void with_session_key(const ProviderConf& provider, Lesson lesson, const RememberFailed& failed,
                      const std::function<void(const Lesson&)>& next) {
  if (!lesson.key.value.empty()) return next(lesson);
  auto seat = worker()->link.submit<std::optional<SessionKey>>(
      redis::session_of_cookie(provider.space, *lesson.cookie),
      [lesson, failed, next](Outcome<std::optional<SessionKey>> key) {
        if (!key) return failed(key.error());
        Lesson complete = lesson;
        complete.key = *key ? **key : mint_key(*lesson.cookie);
        next(complete);
      });
  seat.keep();
}

}  // namespace

void remember_soon(const ProviderConf& provider, Lesson lesson, const RememberFailed& failed) {
  with_session_key(provider, std::move(lesson), failed,
                   [&provider, failed](const Lesson& whole) { store(provider, whole, failed); });
}

void remember_if_missing(const ProviderConf& provider, Lesson lesson, const RememberFailed& failed) {
  with_session_key(provider, std::move(lesson), failed, [&provider, failed](const Lesson& whole) {
    auto seat = worker()->link.submit<bool>(redis::takes_part(provider.space, whole.key, whole.client),
                                            [&provider, whole, failed](Outcome<bool> takes_part) {
                                              if (!takes_part) return failed(takes_part.error());
                                              if (!*takes_part) store(provider, whole, failed);
                                            });
    seat.keep();
  });
}

}  // namespace slo::ngx
