// SPDX-License-Identifier: BSD-2-Clause
// Merges and finds the configurations that all roles share.
#include "ngx_module/config/conf.h"

#include <utility>

namespace slo::ngx {
namespace {

ngx_http_core_loc_conf_t& core_of(ngx_conf_t* cf) noexcept {
  return *static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
}

void stay_in_location(ngx_conf_t* cf, const LocConf& around, LocConf& here) {
  here.handler = around.handler;
  here.hides = around.hides;
  auto& references = main_conf(cf).references;
  for (std::size_t i = 0, known = references.size(); i < known; ++i) {
    if (references[i].target != &around.provider) continue;
    auto reference = references[i];
    reference.target = &here.provider;
    references.push_back(std::move(reference));
  }
  // What `if` leaves alone nginx goes on with; what `limit_except` lets pass has no handler but its own.
  auto& core = core_of(cf);
  if (core.lmt_excpt && core.handler == nullptr) core.handler = here.handler;
}

}  // namespace

MainConf& main_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_slo_module));
}

const MainConf& main_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf((&r), ngx_http_slo_module));
}

const MainConf* main_conf(const ngx_cycle_t* cycle) noexcept {
  return static_cast<const MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_slo_module));
}

LocConf& loc_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<LocConf*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_slo_module));
}

const LocConf& loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<LocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_module));
}

bool is_part_of_location(ngx_conf_t* cf) noexcept { return core_of(cf).noname == 1; }

void merge_loc_conf(ngx_conf_t* cf, const LocConf& around, LocConf& here) {
  if (is_part_of_location(cf)) stay_in_location(cf, around, here);
}

}  // namespace slo::ngx
