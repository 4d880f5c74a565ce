// SPDX-License-Identifier: BSD-2-Clause
// Makes, merges and finds the configurations.
#include "ngx_module/config/conf.h"

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// An `if` or a `limit_except` is a location of its own to nginx, but to its author the one around it.
void stay_in_location(ngx_conf_t* cf, const LocConf& around, LocConf& here, ngx_http_core_loc_conf_t& core) {
  here.handler = around.handler;
  here.hides = around.hides;
  here.api_write = around.api_write;
  here.status_format = around.status_format;
  auto& references = main_conf(cf).references;
  for (std::size_t i = 0, known = references.size(); i < known; ++i) {
    if (references[i].target != &around.provider) continue;
    auto reference = references[i];
    reference.target = &here.provider;
    references.push_back(std::move(reference));
  }
  // What `if` leaves alone nginx goes on with; what `limit_except` lets pass has no handler but its own.
  if (core.lmt_excpt && core.handler == nullptr) core.handler = here.handler;
}

}  // namespace

MainConf& main_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_slo_module));
}

const MainConf& main_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf((&r), ngx_http_slo_module));
}

const LocConf& loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<LocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_module));
}

void* create_main_conf(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<void*>(nullptr),
                 [cf] { return static_cast<void*>(&pool_new<MainConf>(cf->pool)); });
}

void* create_loc_conf(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<void*>(nullptr),
                 [cf] { return static_cast<void*>(&pool_new<LocConf>(cf->pool)); });
}

char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&] {
    const auto& above = *static_cast<LocConf*>(parent);
    auto& here = *static_cast<LocConf*>(child);
    if (here.session_rules.empty() && !here.session_off) here.session_rules = above.session_rules;
    auto& core =
        *static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core.noname) stay_in_location(cf, above, here, core);
    return static_cast<char*>(NGX_CONF_OK);
  });
}

}  // namespace slo::ngx
