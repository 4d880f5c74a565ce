// SPDX-License-Identifier: BSD-2-Clause
// What slo_learn has learnt finds its session, is stored, and logged where it could not be.
#include "ngx_module/op/learnt_login.h"

#include <string>
#include <utility>

#include "core/op/joining.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/codes.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {
namespace login {  // names of this file alone, in unity builds too

// A login on its way, handed from step to step.
struct Way {
  const ProviderConf* provider;
  LearntLogin learnt;
  std::function<void()> done;
  Registration registration{};
  std::optional<SessionKey> session{};  // that its sid or its cookie leads to

  const redis::Space& space() const { return provider->space; }
};

// An authorization response, in the order in which things happen.
void look_where_cookies_led(Way way);
void with_former(Way way, const redis::Located& located);
void remember(Way way, const std::optional<SessionKey>& former);
// The ID Token of either.
void recall(Way way);
void with_recalled(Way way, const redis::Recalled& recalled);
void with_registration(Way way);
void look_at_cookie(Way way);
void with_session_of_cookie(Way way, const std::optional<SessionKey>& key);
void with_glimpse(Way way, const SessionKey& key, const Found& found);
void look_at_whole_session(Way way, const SessionKey& key);
void settle(Way way, const Session& session, SameUser same);
void finish(Way way);

template <class T, class Next>
void ask_for(Way way, redis::Exchange<T> exchange, Next next) {
  store()->submit_detached<T>(std::move(exchange),
                              [way = std::move(way), next = std::move(next)](Outcome<T> answer) mutable {
                                if (answer) return next(std::move(way), *std::move(answer));
                                registration_failed(ngx_cycle->log, *way.provider, answer.error());
                                way.done();
                              });
}

void look_where_cookies_led(Way way) {
  if (way.learnt.other_cookies.empty()) return remember(std::move(way), std::nullopt);
  auto exchange = redis::locate(way.space(), {.cookies = way.learnt.other_cookies}, std::nullopt);
  ask_for(std::move(way), std::move(exchange), with_former);
}

void with_former(Way way, const redis::Located& located) {
  if (located.cookies.empty()) return remember(std::move(way), std::nullopt);
  auto exchange = redis::load(way.space(), located);
  ask_for(std::move(way), std::move(exchange), [located](Way same, const Found& found) {
    for (const auto& by_cookie : found.by_cookie) {
      if (by_cookie.session.is_live()) return remember(std::move(same), by_cookie.session.key);
    }
    // Its first client's token response may still be on its way.
    const bool is_yet_to_come = found.by_cookie.empty();
    remember(std::move(same), is_yet_to_come ? std::optional(located.cookies.front().key) : std::nullopt);
  });
}

// A cookie that changes without a code goes on to lead where it led.
void remember(Way way, const std::optional<SessionKey>& former) {
  const auto& provider = way.provider->provider;
  const LearntLogin& learnt = way.learnt;
  if (!former && !learnt.code && !learnt.seen) return way.done();
  const redis::HandedOut handed_out{.cookie = *learnt.cookie,
                                    .session = former ? *former : mint_key(*learnt.cookie),
                                    .life = former ? provider.absolute : redis::code_life,
                                    .code = learnt.code};
  auto exchange = redis::remember(way.space(), handed_out);
  ask_for(std::move(way), std::move(exchange), [](Way same, bool) {
    if (!same.learnt.seen) return same.done();
    same.learnt.seen->cookie_digest = same.learnt.cookie;
    same.learnt.code.reset();  // has said what it can
    recall(std::move(same));
  });
}

void recall(Way way) {
  const Participation& seen = *way.learnt.seen;
  const auto sid = seen.sid.empty() ? std::nullopt : std::optional(Sid{seen.sid});
  auto exchange = redis::recall(way.space(), way.learnt.code, sid);
  if (exchange.commands.empty()) return with_recalled(std::move(way), {});
  ask_for(std::move(way), std::move(exchange), with_recalled);
}

void with_recalled(Way way, const redis::Recalled& recalled) {
  Participation& seen = *way.learnt.seen;
  if (recalled.cookie) seen.cookie_digest = recalled.cookie;
  auto registration = read_registration(way.provider->provider, seen);
  if (!registration) {
    teaches_nothing(ngx_cycle->log, *way.provider, registration.error());
    return way.done();
  }
  way.registration = *std::move(registration);
  way.registration.is_renewal = way.learnt.is_renewal;
  way.session = recalled.session;
  with_registration(std::move(way));
}

// The OP's own word, a sid that is known, goes before what a cookie says.
void with_registration(Way way) {
  if (!way.session && way.registration.cookie) return look_at_cookie(std::move(way));
  if (way.session) join(way.registration, *way.session);
  finish(std::move(way));
}

void look_at_cookie(Way way) {
  auto exchange = redis::session_of_cookie(way.space(), *way.registration.cookie);
  ask_for(std::move(way), std::move(exchange), with_session_of_cookie);
}

void with_session_of_cookie(Way way, const std::optional<SessionKey>& key) {
  const SessionKey session = key ? *key : mint_key(*way.registration.cookie);
  auto exchange = redis::locate(way.space(), {.key = session}, way.registration.client);
  ask_for(std::move(way), std::move(exchange), [session](Way same, const redis::Located& located) {
    with_glimpse(std::move(same), session, located.found);
  });
}

// Where there is no session yet, this client begins it.
void with_glimpse(Way way, const SessionKey& key, const Found& found) {
  if (!found.by_key) {
    join(way.registration, key);
    return finish(std::move(way));
  }
  const auto same = is_same_user(way.provider->provider, way.registration, *found.by_key, false);
  if (same == SameUser::unclear) return look_at_whole_session(std::move(way), key);
  settle(std::move(way), *found.by_key, same);
}

void look_at_whole_session(Way way, const SessionKey& key) {
  auto exchange = redis::find_session(way.space(), key);
  ask_for(std::move(way), std::move(exchange), [key](Way same, const std::optional<Session>& session) {
    const Session whole = session.value_or(Session{.key = key});
    const auto is_same = is_same_user(same.provider->provider, same.registration, whole, true);
    settle(std::move(same), whole, is_same);
  });
}

void settle(Way way, const Session& session, SameUser same) {
  if (same == SameUser::no) {
    way.registration.key = key_of_its_own(way.registration);
  } else {
    join(way.registration, session.key);
  }
  finish(std::move(way));
}

void finish(Way way) {
  register_participation(*way.provider, std::move(way.registration),
                         {.done = [done = std::move(way.done)](const Outcome<Registered>&) { done(); }});
}

}  // namespace login
}  // namespace

void store_login(const ProviderConf& provider, LearntLogin learnt, std::function<void()> done) {
  login::Way way{.provider = &provider, .learnt = std::move(learnt), .done = std::move(done)};
  if (way.learnt.cookie) return login::look_where_cookies_led(std::move(way));
  login::recall(std::move(way));
}

void teaches_nothing(ngx_log_t* log, const ProviderConf& provider, const Refusal& why) {
  if (why.fault == Fault::client_unknown) {  // an OP may have many clients that are none of ours
    ngx_log_error(NGX_LOG_INFO, log, 0,
                  "slo: a login at a client that is not among \"clients\" is not learnt: %s, provider \"%s\"",
                  why.detail.c_str(), provider.provider.name.c_str());
    return;
  }
  count(Counter::registrations_failed);
  // Each reason has lines of its own: one that is frequent hides no other.
  const std::string what = "an answer of the OP teaches nothing: " + std::string(describe(why.fault).name);
  log_bounded(
      what, NGX_LOG_WARN, log,
      what + (why.detail.empty() ? "" : ": " + why.detail) + ", provider \"" + provider.provider.name + '"');
}

}  // namespace slo::ngx
