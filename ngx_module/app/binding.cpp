// SPDX-License-Identifier: BSD-2-Clause
// Ties cookies to a session, step by step: whose they are, what the session remembers, who takes part in it.
#include "ngx_module/app/binding.h"

#include <optional>
#include <string>
#include <utility>

#include "core/app/sealed_value.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bound_cookies.h"
#include "redis_schema/codes.h"

namespace slo::ngx {
namespace {
namespace binding_steps {  // names of this file alone, in unity builds too

// A binding on its way, handed from step to step.
struct OnItsWay {
  Binding binding;
  Bound done;
  ngx_http_request_t* r;
  std::vector<BoundCookie> cookies{};
  std::vector<CookieOwner> owners{};

  const ProviderConf& provider() const { return *binding.provider; }
  // As long as marks of the session's end may be there, which may come as late as its life allows.
  Seconds life() const { return provider().provider.absolute + provider().provider.retention; }
  ngx_log_t* log() const { return r != nullptr ? r->connection->log : ngx_cycle->log; }
};

// In the order in which they are called.
void find_session(OnItsWay way);
void claim(OnItsWay way);
void with_owners(OnItsWay way, std::vector<CookieOwner> owners);
void remember(OnItsWay way, const std::vector<BoundCookie>& ours);
void join(OnItsWay way);
void fail(const OnItsWay& way, const Refusal& why);

template <class T, class Next>
void ask_store(OnItsWay way, redis::Exchange<T> exchange, Next next) {
  ngx_http_request_t* r = way.r;
  auto go_on = [way = std::move(way), next](Outcome<T> answer) mutable {
    if (!answer) return fail(way, answer.error());
    next(std::move(way), *std::move(answer));
  };
  if (r != nullptr) return ask<T>(*r, std::move(exchange), std::move(go_on));
  store()->submit_detached<T>(std::move(exchange), std::move(go_on));
}

// Where an OP has a sid for each client, the session is stored under a key that none of them knows.
void find_session(OnItsWay way) {
  const CookieOwner& owner = way.binding.owner;
  if (owner.names.sid.empty() || owner.key.value != owner.names.sid) return claim(std::move(way));
  auto exchange = redis::recall(way.provider().space, std::nullopt, Sid{owner.names.sid});
  ask_store(std::move(way), std::move(exchange), [](OnItsWay same, redis::Recalled recalled) {
    if (recalled.session) same.binding.owner.key = *std::move(recalled.session);
    claim(std::move(same));
  });
}

BoundCookie to_remember(const OnItsWay& way, const CookieToBind& of) {
  const Provider& provider = way.provider().provider;
  BoundCookie cookie{.name = of.name, .digest = digest_app_cookie(provider, of.name, of.value)};
  if (way.binding.application->is_called()) {
    const auto random = this_moment().random;
    const std::string_view nonce(reinterpret_cast<const char*>(random.data()), seal_nonce_size);
    const std::string about = sealed_about(way.binding.owner.key, of.name);
    cookie.sealed = seal_value(provider.app_cookie_secret, about, of.value, nonce);
  }
  return cookie;
}

void claim(OnItsWay way) {
  std::vector<CookieDigest> digests;
  for (const CookieToBind& cookie : way.binding.cookies) {
    way.cookies.push_back(to_remember(way, cookie));
    digests.push_back(way.cookies.back().digest);
  }
  auto exchange = redis::own(way.provider().space, way.binding.owner, digests, way.life());
  ask_store(std::move(way), std::move(exchange), with_owners);
}

void with_owners(OnItsWay way, std::vector<CookieOwner> owners) {
  way.owners = std::move(owners);
  std::vector<BoundCookie> ours;
  for (std::size_t i = 0; i < way.owners.size() && i < way.cookies.size(); ++i) {
    const CookieToBind& cookie = way.binding.cookies[i];
    if (way.owners[i].key == way.binding.owner.key && cookie.is_remembered &&
        may_be_sent(cookie.name, cookie.value))
      ours.push_back(way.cookies[i]);
  }
  if (ours.empty()) return way.done(std::move(way.owners));
  remember(std::move(way), ours);
}

void remember(OnItsWay way, const std::vector<BoundCookie>& ours) {
  auto exchange = redis::keep_cookies(way.provider().space, way.binding.owner.key,
                                      way.binding.application->id, ours, way.life(), way.binding.seen_in);
  ask_store(std::move(way), std::move(exchange), [](OnItsWay same, bool) { join(std::move(same)); });
}

void join(OnItsWay way) {
  const ProviderConf& provider = way.provider();
  Registration registration{.key = way.binding.owner.key,
                            .client = way.binding.application->id,
                            .channels = {.legacy = way.binding.application->is_called()},
                            .sub = {way.binding.owner.names.sub},
                            .absolute = provider.provider.absolute};
  ngx_http_request_t* r = way.r;
  auto done = [way = std::move(way)](Outcome<Registered> registered) mutable {
    if (!registered) return way.done(refuse(registered.error()));
    way.done(std::move(way.owners));
  };
  register_participation(provider, std::move(registration), {.done = std::move(done), .r = r});
}

void fail(const OnItsWay& way, const Refusal& why) {
  count(Counter::bindings_failed);
  report(way.log(), why, way.provider().provider.name);
  way.done(refuse(why));
}

}  // namespace binding_steps
}  // namespace

void bind_cookies(Binding binding, Bound done, ngx_http_request_t* r) {
  binding_steps::find_session({.binding = std::move(binding), .done = std::move(done), .r = r});
}

std::optional<CookieOwner> owner_of_names(SessionNames names, const CookieDigest& cookie) {
  if (!is_storable(names)) return std::nullopt;
  SessionKey key = key_of(names, cookie);
  if (!names.since) names.since = this_second();
  return CookieOwner{.key = std::move(key), .names = std::move(names)};
}

}  // namespace slo::ngx
