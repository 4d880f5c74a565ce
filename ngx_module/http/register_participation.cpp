// SPDX-License-Identifier: BSD-2-Clause
// Stores registrations, on behalf of a request or in the background.
#include "ngx_module/http/register_participation.h"

#include <optional>
#include <utility>
#include <vector>

#include "ngx_module/http/ask.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// A registration on its way, handed from step to step.
struct OnItsWay {
  const ProviderConf* provider;
  Registration registration;
  Registering how;
  Registered registered{};

  const redis::Space& space() const { return provider->space; }
  ngx_log_t* log() const { return how.r != nullptr ? how.r->connection->log : ngx_cycle->log; }
};

void find_session_of(OnItsWay way, void (*next)(OnItsWay));
void with_key(OnItsWay way, const std::optional<SessionKey>& key, void (*next)(OnItsWay));
void look_whether_missing(OnItsWay way);
void write_down(OnItsWay way);
void with_registered(OnItsWay way, const redis::RegisterAnswer& answer);
void with_yielding(OnItsWay way, const std::vector<redis::Rival>& rivals);
void finish(const OnItsWay& way);
void fail(const OnItsWay& way, const Refusal& why);

template <class T, class Next>
void ask_store(OnItsWay way, redis::Exchange<T> exchange, Next next, Priority priority = Priority::user) {
  ngx_http_request_t* r = way.how.r;
  auto go_on = [way = std::move(way), next](Outcome<T> answer) mutable {
    if (!answer) return fail(way, answer.error());
    next(std::move(way), *std::move(answer));
  };
  if (r != nullptr) return ask<T>(*r, std::move(exchange), std::move(go_on));
  store()->submit_detached<T>(std::move(exchange), std::move(go_on), priority);
}

// Where the OP issues no sid, the cookie says which session it is.
void find_session_of(OnItsWay way, void (*next)(OnItsWay)) {
  if (!way.registration.key.value.empty()) return next(std::move(way));
  auto exchange = redis::session_of_cookie(way.space(), *way.registration.cookie);
  ask_store(std::move(way), std::move(exchange), [next](OnItsWay same, const std::optional<SessionKey>& key) {
    with_key(std::move(same), key, next);
  });
}

void with_key(OnItsWay way, const std::optional<SessionKey>& key, void (*next)(OnItsWay)) {
  way.registration.key = key ? *key : mint_key(*way.registration.cookie);
  if (way.how.key != nullptr) *way.how.key = way.registration.key;
  next(std::move(way));
}

void look_whether_missing(OnItsWay way) {
  auto exchange = redis::takes_part(way.space(), way.registration.key, way.registration.client);
  ask_store(
      std::move(way), std::move(exchange),
      [](OnItsWay same, bool takes_part) {
        if (takes_part) return same.how.done(Registered::known);
        write_down(std::move(same));
      },
      Priority::background);
}

void write_down(OnItsWay way) {
  auto exchange = redis::register_participation(way.space(), way.registration, nonce(this_moment(), 0),
                                                way.provider->provider.retention);
  ask_store(std::move(way), std::move(exchange), with_registered);
}

// A pointer that leads to another session is moved only now that this one is known to live.
void with_registered(OnItsWay way, const redis::RegisterAnswer& answer) {
  way.registered = answer.registered;
  if (answer.rivals.empty()) return finish(way);
  auto exchange = redis::yielding(way.space(), answer);
  ask_store(std::move(way), std::move(exchange), with_yielding);
}

void with_yielding(OnItsWay way, const std::vector<redis::Rival>& rivals) {
  auto exchange = redis::take_pointers(way.space(), way.registration, rivals);
  ask_store(std::move(way), std::move(exchange), [](const OnItsWay& same, bool) { finish(same); });
}

void finish(const OnItsWay& way) {
  count(Counter::registrations);
  if (way.registered == Registered::too_late)
    report(way.log(), Refusal{Fault::session_ended}, way.provider->provider.name);
  way.how.done(way.registered);
}

void fail(const OnItsWay& way, const Refusal& why) {
  if (!way.how.again || !way.how.again(why)) registration_failed(way.log(), *way.provider, why);
  way.how.done(refuse(why));
}

}  // namespace

void register_participation(const ProviderConf& provider, Registration registration, Registering how) {
  find_session_of({.provider = &provider, .registration = std::move(registration), .how = std::move(how)},
                  write_down);
}

void register_if_missing(const ProviderConf& provider, Registration registration, Registering how) {
  find_session_of({.provider = &provider, .registration = std::move(registration), .how = std::move(how)},
                  look_whether_missing);
}

void registration_failed(ngx_log_t* log, const ProviderConf& provider, const Refusal& why) {
  count(Counter::registrations_failed);
  report(log, why, provider.provider.name);
}

}  // namespace slo::ngx
