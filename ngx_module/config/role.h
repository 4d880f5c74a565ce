// SPDX-License-Identifier: BSD-2-Clause
// What every role's nginx module is made of: rows of its table, its configurations, its guarded hooks.
#pragma once

#include <algorithm>

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

inline constexpr ngx_uint_t in_http = NGX_HTTP_MAIN_CONF;
inline constexpr ngx_uint_t in_location = NGX_HTTP_LOC_CONF;
inline constexpr ngx_uint_t anywhere = in_http | NGX_HTTP_SRV_CONF | in_location;

using Set = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

// Rows whose setter finds the main, or the location's, configuration of the module in `conf`.
inline ngx_command_t at_main(ngx_str_t name, ngx_uint_t type, Set set) {
  return {name, type, set, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr};
}
inline ngx_command_t at_location(ngx_str_t name, ngx_uint_t type, Set set) {
  return {name, type, set, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr};
}

template <class Conf>
void* create_conf(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<void*>(nullptr),
                 [cf] { return static_cast<void*>(&pool_new<Conf>(cf->pool)); });
}

template <class Conf, void (*merge)(ngx_conf_t* cf, const Conf& above, Conf& here)>
char* merge_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&] {
    merge(cf, *static_cast<const Conf*>(parent), *static_cast<Conf*>(child));
    return static_cast<char*>(NGX_CONF_OK);
  });
}

// pre- and postconfiguration
template <ngx_int_t (*work)(ngx_conf_t*)>
ngx_int_t conf_hook(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<ngx_int_t>(NGX_ERROR), [cf] { return work(cf); });
}

// Called in postconfiguration: of one phase, who comes last is called first.
inline ngx_int_t add_phase_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt handler) {
  auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  auto* place = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core.phases[phase].handlers));
  if (place == nullptr) return NGX_ERROR;
  *place = handler;
  return NGX_OK;
}

// Called when all others of its phase, that were there before, have let the request go on.
inline ngx_int_t add_last_phase_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt handler) {
  if (add_phase_handler(cf, phase, handler) != NGX_OK) return NGX_ERROR;
  auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const ngx_array_t& all = core.phases[phase].handlers;
  auto* first = static_cast<ngx_http_handler_pt*>(all.elts);
  std::rotate(first, first + all.nelts - 1, first + all.nelts);
  return NGX_OK;
}

// init_process and exit_process; nginx calls both in the order of modules.
template <ngx_int_t (*work)(ngx_cycle_t*)>
ngx_int_t init_hook(ngx_cycle_t* cycle) noexcept {
  return guarded(cycle->log, static_cast<ngx_int_t>(NGX_ERROR), [cycle] { return work(cycle); });
}
template <void (*work)(ngx_cycle_t*)>
void exit_hook(ngx_cycle_t* cycle) noexcept {
  guarded(cycle->log, [cycle] { work(cycle); });
}

}  // namespace slo::ngx
