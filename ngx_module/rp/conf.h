// SPDX-License-Identifier: BSD-2-Clause
// What only the relying party's role keeps of the configuration: guards, buttons, addresses for OPs.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/rp/guard.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_rp_module;

namespace slo::ngx {

// So many guards may judge in one location.
inline constexpr std::size_t max_guards = 4;

// A text with variables. One variable alone is read where its value lies, without a copy of it.
struct RequestValue {
  ngx_http_complex_value_t text{};
  ngx_int_t variable = NGX_ERROR;
  bool is_set() const noexcept { return text.value.data != nullptr; }
};

// slo_guard: where a request tells of its session, and what becomes of one whose session has ended.
struct GuardRule {
  const ProviderConf* provider = nullptr;
  RequestValue token{}, sid{}, sub{}, since{};
  unsigned error = NGX_HTTP_UNAUTHORIZED;
  bool is_dry_run = false;
  bool sees_tracked_cookies = false;  // somewhere where it counts

  bool is_told() const noexcept { return token.is_set() || sid.is_set() || sub.is_set(); }
};

// slo_logout: a button in front of an application, or alone.
struct LogoutRule {
  const ProviderConf* provider = nullptr;
  bool is_local = false;  // the OP is not told
  RequestValue token{};   // if it is set
  std::string then = "/";
  std::string post_logout_redirect_uri{};  // empty: the location's own address
  std::string path{};                      // empty: it has none of its own
  ngx_http_handler_pt answer = nullptr;    // where no application does
};

struct RpLocConf {
  std::vector<GuardRule*> guards{};
  bool guard_off = false;
  // Of slo_backchannel_logout and slo_frontchannel_logout: whose logouts are received.
  std::vector<const ProviderConf*> receives_from{};
  LogoutRule* button = nullptr;
  std::vector<const LogoutRule*> buttons{};  // of a server's locations, in their order
  const RpLocConf* around = nullptr;         // of an `if` or `limit_except`: the location that receives them
};

// An address of ours that an OP must know.
struct Registration {
  std::string_view member{};                      // backchannel_logout_uri, …
  const ProviderConf* const* provider = nullptr;  // whose OP
  std::string address{};                          // empty: the location's
  ngx_http_conf_ctx_t* server = nullptr;
  const ngx_http_core_loc_conf_t* location = nullptr;
};

struct RpMainConf {
  std::deque<Registration> registrations{};
};

inline const std::vector<const ProviderConf*>& senders_of(const RpLocConf& location) noexcept {
  return location.around == nullptr ? location.receives_from : senders_of(*location.around);
}

inline const RpLocConf& rp_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const RpLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_rp_module));
}

}  // namespace slo::ngx
