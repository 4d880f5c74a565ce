// SPDX-License-Identifier: BSD-2-Clause
// Tries the logins that wait as soon as the store answers, a few at a time, the oldest first.
#include "ngx_module/app/late_logins.h"

#include <memory>
#include <string>
#include <utility>

#include "ngx_module/app/conf.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {
namespace {

constexpr Millis between_tries{1000};
constexpr int at_once = 32;

std::unique_ptr<LateLogins> these_logins;

void say(ngx_uint_t level, const char* what, const CallbackLogin& login) {
  log_bounded(what, level, ngx_cycle->log,
              std::string(what) + ", provider \"" + login.provider->provider.name + '"');
}

}  // namespace

LateLogins::LateLogins(ngx_log_t* log) : timer_(log, [this] { try_again(); }) { timer_.may_be_left(); }

void LateLogins::add(CallbackLogin login) {
  if (waiting_.size() >= at_most)
    return say(NGX_LOG_ERR, "bound nothing: too many logins wait for the store", login);
  say(NGX_LOG_WARN, "a login is not bound yet, and ends with no logout: tried again until it is", login);
  keep({std::move(login), this_moment().now + for_so_long});
}

void LateLogins::keep(Late late) {
  waiting_.push_back(std::move(late));
  if (!timer_.is_set()) timer_.after(between_tries);
}

void LateLogins::try_again() {
  if (store() == nullptr) return;
  for (int i = 0; i < at_once && store()->is_up() && !waiting_.empty(); ++i) {
    Late late = std::move(waiting_.front());
    waiting_.pop_front();
    try_one(std::move(late));
  }
  if (!waiting_.empty()) timer_.after(between_tries);
}

void LateLogins::try_one(Late late) {
  CallbackLogin login = late.login;
  try_to_bind(std::move(login), [late = std::move(late)](bool is_settled) mutable {
    if (is_settled) return say(NGX_LOG_NOTICE, "a login that waited for the store is settled", late.login);
    if (these_logins == nullptr) return;
    if (this_moment().now < late.until) return these_logins->keep(std::move(late));
    say(NGX_LOG_ERR, "bound nothing: the store took no login for an hour", late.login);
  });
}

void bind_login(CallbackLogin login, std::function<void()> done) {
  CallbackLogin later = login;
  try_to_bind(std::move(login), [later = std::move(later), done = std::move(done)](bool is_settled) mutable {
    if (!is_settled && these_logins != nullptr) these_logins->add(std::move(later));
    done();
  });
}

ngx_int_t start_late_logins(ngx_cycle_t* cycle) {
  const auto* conf =
      static_cast<const AppMainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_slo_app_module));
  if (conf != nullptr && !conf->binds.empty()) these_logins = std::make_unique<LateLogins>(cycle->log);
  return NGX_OK;
}

void stop_late_logins(ngx_cycle_t*) { these_logins.reset(); }

}  // namespace slo::ngx
