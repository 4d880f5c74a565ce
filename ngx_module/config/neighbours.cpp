// SPDX-License-Identifier: BSD-2-Clause
// Looks at what other modules keep in our locations.
#include "ngx_module/config/neighbours.h"

#include <algorithm>
#include <span>

#include "ngx_module/config/auth_basic.h"
#include "ngx_module/config/conf_line.h"

namespace slo::ngx {
namespace {

bool has_access_rule(ngx_conf_t* cf, const ContentPlace& place) {
  if (may_ask_for_password(cf, *place.location)) return true;
  for (const char* module : {"ngx_http_access_module", "ngx_http_auth_request_module"}) {
    if (has_directive_of(cf, *place.location, module)) return true;
  }
#if (NGX_HTTP_SSL)
  const auto* ssl =
      static_cast<ngx_http_ssl_srv_conf_t*>(place.server->srv_conf[ngx_http_ssl_module.ctx_index]);
  if (ssl->verify == 1) return true;
#endif
  return place.location->internal == 1;
}

template <class T>
std::span<T> items(const ngx_array_t* array) {
  return array == nullptr ? std::span<T>{} : std::span<T>(static_cast<T*>(array->elts), array->nelts);
}

bool listens_everywhere(ngx_conf_t* cf, const ngx_http_conf_ctx_t* server) {
  const auto* core =
      static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  for (const auto& port : items<ngx_http_conf_port_t>(core->ports)) {
    for (const auto& address : items<ngx_http_conf_addr_t>(&port.addrs)) {
      if (address.opt.wildcard == 0) continue;
      const auto servers = items<ngx_http_core_srv_conf_t*>(&address.servers);
      if (std::ranges::any_of(servers,
                              [&](const auto* one) { return one->ctx->srv_conf == server->srv_conf; }))
        return true;
    }
  }
  return false;
}

}  // namespace

// Looks at the first word of what the module keeps for a location. It is null, or not set, as long as none of
// its directives was used: `rules` of access, the length of `uri` of auth_request, `try_files`. Their
// structures are private, so the word is looked at and never followed: in an nginx that keeps another one
// there a warning is wrong or missing, and that is all.
bool has_directive_of(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& core, std::string_view module) {
  for (ngx_module_t** at = cf->cycle->modules; *at != nullptr; ++at) {
    if ((*at)->type != NGX_HTTP_MODULE || module != (*at)->name) continue;
    auto* const kept = static_cast<void**>(core.loc_conf[(*at)->ctx_index]);
    return kept != nullptr && *kept != nullptr && *kept != NGX_CONF_UNSET_PTR;
  }
  return false;
}

ngx_int_t check_neighbours(ngx_conf_t* cf, const MainConf& conf) {
  for (const auto& place : conf.content_places) {
    const std::string quoted = '"' + place.directive + "\" directive ";
    if (place.location->handler != place.handler) {
      refuse_at(
          cf->log,
          quoted +
              "has no effect: a directive behind it, such as \"proxy_pass\", answers in the same location; "
              "remove one of them",
          place.place);
      return NGX_ERROR;
    }
    if (place.writes && listens_everywhere(cf, place.server) && !has_access_rule(cf, place)) {
      warn_at(cf->log,
              "\"slo_api\" directive with \"write=on\" is open to everybody: the server listens on all "
              "addresses, and "
              "there is no \"allow\", \"deny\", \"auth_basic\", \"auth_request\" or \"ssl_verify_client\"",
              place.place);
    }
  }
  return NGX_OK;
}

}  // namespace slo::ngx
