// SPDX-License-Identifier: BSD-2-Clause
// What only the role for administrators keeps of a location: how its slo_api and slo_status answer.
#pragma once

#include <cstdint>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_admin_module;

namespace slo::ngx {

enum class StatusFormat : std::uint8_t { prometheus, json };

struct AdminLocConf {
  bool api_write = false;
  StatusFormat status_format = StatusFormat::prometheus;
};

inline const AdminLocConf& admin_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const AdminLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_admin_module));
}

}  // namespace slo::ngx
