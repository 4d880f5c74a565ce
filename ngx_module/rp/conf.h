// SPDX-License-Identifier: BSD-2-Clause
// What only the relying party's role keeps of a location: which guards judge its requests.
#pragma once

#include <string>
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
};

struct RpLocConf {
  std::vector<GuardRule*> guards{};
  bool guard_off = false;
  // Of slo_backchannel_logout and slo_frontchannel_logout: whose logouts are received.
  std::vector<const ProviderConf*> receives_from{};
  const RpLocConf* around = nullptr;  // of an `if` or `limit_except`: the location that receives them
};

inline const std::vector<const ProviderConf*>& senders_of(const RpLocConf& location) noexcept {
  return location.around == nullptr ? location.receives_from : senders_of(*location.around);
}

inline const RpLocConf& rp_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const RpLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_rp_module));
}

}  // namespace slo::ngx
