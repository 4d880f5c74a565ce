// SPDX-License-Identifier: BSD-2-Clause
// What only the role for administrators keeps: how slo_api and slo_status answer in a location.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/admin/status_page.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_admin_module;

namespace slo::ngx {

struct AdminLocConf {
  bool api_write = false;
  StatusFormat status_format = StatusFormat::prometheus;
};

struct AdminMainConf {
  std::map<const ngx_http_core_srv_conf_t*, std::vector<std::string>> own_names{};  // of servers with slo_api
};

inline const AdminMainConf& admin_main_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const AdminMainConf*>(ngx_http_get_module_main_conf((&r), ngx_http_slo_admin_module));
}

inline const AdminLocConf& admin_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const AdminLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_admin_module));
}

}  // namespace slo::ngx
