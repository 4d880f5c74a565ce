// SPDX-License-Identifier: BSD-2-Clause
// Stores lessons in the background.
#include "ngx_module/op/register_participation.h"

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// A pointer that leads to another session is moved only now that this one is known to live.
void point_here(RedisLink& link, const ProviderConf& provider, const Lesson& lesson,
                const redis::Remembered& remembered, const RememberFailed& failed) {
  if (remembered.rivals.empty()) return;
  auto seat = link.submit<std::vector<redis::Rival>>(
      redis::yielding(provider.space, remembered),
      [&link, &provider, lesson, failed](Outcome<std::vector<redis::Rival>> rivals) {
        if (!rivals) return failed(rivals.error());
        auto last = link.submit<bool>(redis::take_pointers(provider.space, lesson, *rivals),
                                      [failed](Outcome<bool> done) {
                                        if (!done) failed(done.error());
                                      });
        last.keep();
      });
  seat.keep();
}

// Registration and repeat alike wait for nobody: what they were asked for is kept in the link.
void store(RedisLink& link, const ProviderConf& provider, const Lesson& lesson,
           const RememberFailed& failed) {
  auto seat =
      link.submit<redis::Remembered>(redis::remember(provider.space, lesson, nonce(this_moment(), 0)),
                                     [&link, &provider, lesson, failed](Outcome<redis::Remembered> done) {
                                       if (!done) return failed(done.error());
                                       count(Counter::registrations);
                                       if (*done == Registered::too_late)
                                         failed(Refusal{Fault::session_ended});
                                       point_here(link, provider, lesson, *done, failed);
                                     });
  seat.keep();
}

// Where the OP issues no sid, the cookie says which session it is.
void with_session_key(RedisLink& link, const ProviderConf& provider, Lesson lesson,
                      const RememberFailed& failed, const std::function<void(const Lesson&)>& next) {
  if (!lesson.key.value.empty()) return next(lesson);
  auto seat =
      link.submit<std::optional<SessionKey>>(redis::session_of_cookie(provider.space, *lesson.cookie),
                                             [lesson, failed, next](Outcome<std::optional<SessionKey>> key) {
                                               if (!key) return failed(key.error());
                                               Lesson complete = lesson;
                                               complete.key = *key ? **key : mint_key(*lesson.cookie);
                                               next(complete);
                                             });
  seat.keep();
}

}  // namespace

void remember_soon(RedisLink& link, const ProviderConf& provider, Lesson lesson,
                   const RememberFailed& failed) {
  with_session_key(link, provider, std::move(lesson), failed,
                   [&link, &provider, failed](const Lesson& whole) { store(link, provider, whole, failed); });
}

void remember_if_missing(RedisLink& link, const ProviderConf& provider, Lesson lesson,
                         const RememberFailed& failed) {
  with_session_key(
      link, provider, std::move(lesson), failed, [&link, &provider, failed](const Lesson& whole) {
        auto seat = link.submit<bool>(redis::takes_part(provider.space, whole.key, whole.client),
                                      [&link, &provider, whole, failed](Outcome<bool> takes_part) {
                                        if (!takes_part) return failed(takes_part.error());
                                        if (!*takes_part) store(link, provider, whole, failed);
                                      });
        seat.keep();
      });
}

}  // namespace slo::ngx
