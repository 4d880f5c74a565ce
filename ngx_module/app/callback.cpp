// SPDX-License-Identifier: BSD-2-Clause
// What a login callback tells of its session, and the binding of the cookies that its answer sets.
#include "ngx_module/app/callback.h"

#include <new>
#include <utility>

#include "core/names.h"
#include "core/text/form.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/codes.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {
namespace callback {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

// In the order in which they are called.
void recall_code(CallbackLogin login, Settled done);
void locate_session(CallbackLogin login, Settled done, const CookieDigest& cookie);
void load_session(CallbackLogin login, Settled done, const redis::Located& located);
void with_session(const CallbackLogin& login, Settled done, const Session& session);
void bind_to(const CallbackLogin& login, Settled done, CookieOwner owner);

std::string text_of(R& r, const ngx_http_complex_value_t& source) {
  if (source.value.data == nullptr) return {};
  ngx_str_t text{};
  auto& value = const_cast<ngx_http_complex_value_t&>(source);  // nginx only reads it
  if (ngx_http_complex_value(&r, &value, &text) != NGX_OK) throw std::bad_alloc();
  return std::string(view(text));
}

// As `$arg_…` has it, encoded, or as it is.
std::string name_of(R& r, const ngx_http_complex_value_t& source) {
  const std::string text = text_of(r, source);
  return decode_component(text).value_or(text);
}

std::vector<AnswerCookie> tracked_cookies_of(const R& r) {
  std::vector<AnswerCookie> cookies;
  for (auto& [rule, cookie] : application_cookies_of_answer(r)) {
    if (rule->is_tracked && !cookie.is_expired && !cookie.value.empty()) cookies.push_back(std::move(cookie));
  }
  return cookies;
}

void binds_nothing(ngx_log_t* log, const ProviderConf& provider, std::string_view why) {
  log_bounded("bound nothing", NGX_LOG_INFO, log,
              "bound nothing: " + std::string(why) + ", provider \"" + provider.provider.name + '"');
}

// What has failed along the way is told here alone.
template <class T, class Next>
void ask_for(CallbackLogin login, Settled done, redis::Exchange<T> exchange, Next next) {
  store()->submit_detached<T>(std::move(exchange), [login = std::move(login), done = std::move(done),
                                                    next](Outcome<T> answer) mutable {
    if (answer) return next(std::move(login), std::move(done), *std::move(answer));
    count(Counter::bindings_failed);
    report(ngx_cycle->log, answer.error(), login.provider->provider.name);
    done(false);
  });
}

void recall_code(CallbackLogin login, Settled done) {
  const ProviderConf& provider = *login.provider;
  auto exchange =
      redis::recall(provider.space, digest_code(provider.provider.cookie_secret, login.code), std::nullopt);
  ask_for(std::move(login), std::move(done), std::move(exchange),
          [](CallbackLogin same, Settled then, const redis::Recalled& recalled) {
            if (recalled.cookie) return locate_session(std::move(same), std::move(then), *recalled.cookie);
            binds_nothing(ngx_cycle->log, *same.provider, "slo_learn has not seen this code");
            then(true);
          });
}

void locate_session(CallbackLogin login, Settled done, const CookieDigest& cookie) {
  auto exchange = redis::locate(login.provider->space, {.cookies = {cookie}}, std::nullopt);
  ask_for(std::move(login), std::move(done), std::move(exchange), load_session);
}

void load_session(CallbackLogin login, Settled done, const redis::Located& located) {
  auto exchange = redis::load(login.provider->space, located);
  if (exchange.commands.empty()) {
    binds_nothing(ngx_cycle->log, *login.provider, "the session of this code is not known");
    return done(true);
  }
  ask_for(std::move(login), std::move(done), std::move(exchange),
          [](const CallbackLogin& same, Settled then, const Found& found) {
            if (!found.by_cookie.empty())
              return with_session(same, std::move(then), found.by_cookie.front().session);
            binds_nothing(ngx_cycle->log, *same.provider, "the session of this code is not known");
            then(true);
          });
}

// Should it be over by now, the login raced its logout: the application is told like everybody who comes
// late.
void with_session(const CallbackLogin& login, Settled done, const Session& session) {
  CookieOwner owner{.key = session.key, .names = {.since = session.created}};
  if (!is_minted(session.key)) owner.names.sid = session.key.value;
  owner.names.sub = login.names.sub.empty() ? session.sub.value : login.names.sub;
  bind_to(login, std::move(done), std::move(owner));
}

void bind_to(const CallbackLogin& login, Settled done, CookieOwner owner) {
  Binding binding{.provider = login.provider, .owner = std::move(owner), .application = login.application};
  for (const AnswerCookie& cookie : login.cookies) {
    binding.cookies.push_back({.name = cookie.name, .value = cookie.value});
  }
  if (!login.cookies.empty()) binding.owner.attributes = write_attributes(login.cookies.front().attributes);
  bind_cookies(
      std::move(binding),
      [done = std::move(done)](const Outcome<std::vector<CookieOwner>>& owners) { done(owners.has_value()); },
      nullptr);
}

}  // namespace callback
}  // namespace

// A page that says no may have been led here by anybody: what it sets is left to the guard to see.
std::optional<CallbackLogin> read_callback(ngx_http_request_t& r, const BindRule& rule) {
  const ngx_uint_t status = r.headers_out.status;
  if (status < NGX_HTTP_OK || status >= NGX_HTTP_BAD_REQUEST) return std::nullopt;
  CallbackLogin login{.provider = rule.provider,
                      .application = application_of(app_loc_conf(r), *rule.provider),
                      .cookies = callback::tracked_cookies_of(r)};
  if (login.cookies.empty() || login.application == nullptr) return std::nullopt;
  login.names = {
      .sid = callback::name_of(r, rule.sid), .sub = callback::name_of(r, rule.sub), .since = this_second()};
  login.code = callback::name_of(r, rule.code);
  const std::string& by = rule.names_code() ? login.code : login.names.sid;
  const bool is_nameable = rule.names_code() || is_storable(by);
  if (!by.empty() && is_nameable && (login.names.sub.empty() || is_storable(login.names.sub))) return login;
  // Not with the request, whose query has the code.
  const char* what = rule.names_code() ? "code" : "sid";
  callback::binds_nothing(ngx_cycle->log, *rule.provider,
                          by.empty() ? std::string("the callback has no ") + what
                                     : std::string("the callback's ") + what + " or sub cannot be one");
  return std::nullopt;
}

void try_to_bind(CallbackLogin login, Settled done) {
  if (!login.code.empty()) return callback::recall_code(std::move(login), std::move(done));
  const auto& first = login.cookies.front();
  auto owner =
      owner_of_names(login.names, digest_app_cookie(login.provider->provider, first.name, first.value));
  callback::bind_to(login, std::move(done), *std::move(owner));
}

}  // namespace slo::ngx
