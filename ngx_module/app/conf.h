// SPDX-License-Identifier: BSD-2-Clause
// What is kept of applications' cookies and of how applications are told that a session is over.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/app/cookie_rule.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_app_module;

namespace slo {
struct Application;
}  // namespace slo

namespace slo::ngx {

// slo_app_logout, as it was written; without a target: `off`.
struct AppLogout {
  std::string target{};  // a path with its query, or an absolute URL
  std::string method = "GET";
  std::string type = "application/x-www-form-urlencoded";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string place{};  // `file:line`, for messages

  bool is_off() const noexcept { return target.empty(); }
  bool is_path() const noexcept { return target.starts_with('/'); }
};

// What a location's requests belong to, for one of its providers.
struct Membership {
  const ProviderConf* provider = nullptr;
  const Application* application = nullptr;  // one of provider->provider.applications
};

struct AppLocConf;

// slo_bind: what a login callback tells of its session.
struct BindRule {
  const ProviderConf* provider = nullptr;
  ngx_http_complex_value_t sid{}, code{}, sub{};  // those that are set
  const AppLocConf* location = nullptr;           // where it stands
  std::string place{};
  bool names_code() const noexcept { return code.value.data != nullptr; }
};

struct AppLocConf {
  std::vector<const CookieRule*> rules{};  // of slo_cookie
  bool cookie_off = false;
  const AppLogout* logout = nullptr;  // in force here; null: none anywhere
  BindRule* bind = nullptr;
  bool is_door = false;  // answered by a button or a receiver of ours, which no guard stands in front of
  std::vector<Membership> memberships{};  // where cookies are tracked, once the configuration is finished
};

// A location where requests tell of their session: its application takes part in that (applications.h).
struct Belonging {
  AppLocConf* location = nullptr;
  const ProviderConf* const* provider = nullptr;
  ngx_http_conf_ctx_t* server = nullptr;
  const ngx_http_core_loc_conf_t* core = nullptr;  // of the location; without a name: of the server
};

// A slo_cookie.
struct CookieLine {
  CookieRule rule{};
  std::string place{};
};

struct AppMainConf {
  std::deque<CookieLine> cookie_lines{};  // addresses stay, here and below
  std::deque<BindRule> binds{};
  std::deque<Belonging> belongings{};
  std::deque<const AppLocConf*> doors{};
  std::deque<AppLogout> logouts{};  // addresses stay
};

inline AppMainConf& app_main_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<AppMainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_slo_app_module));
}

inline const AppLocConf& app_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const AppLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_app_module));
}

inline const AppLocConf& app_loc_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<const AppLocConf*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_slo_app_module));
}

inline bool tracks_cookies(const AppLocConf& location) noexcept {
  for (const CookieRule* rule : location.rules) {
    if (rule->is_tracked) return true;
  }
  return false;
}

// Null: cookies are not tracked here for this provider.
inline const Application* application_of(const AppLocConf& location, const ProviderConf& provider) noexcept {
  for (const Membership& membership : location.memberships) {
    if (membership.provider == &provider) return membership.application;
  }
  return nullptr;
}

}  // namespace slo::ngx
