// SPDX-License-Identifier: BSD-2-Clause
// Looks at what other modules keep in our locations.
#include "ngx_module/neighbours.h"

#include <algorithm>
#include <span>

#include "ngx_module/line.h"

namespace slo::ngx {
namespace {

// The first word of what a module of nginx keeps for a location; null where the module is not there. Their
// structures are private, but for each of those that are asked for here it is null as long as none of their
// directives was used: `codes` of rewrite, `rules` of access, `realm` of auth_basic, length of `uri` of
// auth_request.
void* first_word(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& core, std::string_view module) {
  for (ngx_module_t** at = cf->cycle->modules; *at != nullptr; ++at) {
    if ((*at)->type != NGX_HTTP_MODULE || module != (*at)->name) continue;
    auto* const kept = static_cast<void**>(core.loc_conf[(*at)->ctx_index]);
    return kept == nullptr || *kept == NGX_CONF_UNSET_PTR ? nullptr : *kept;
  }
  return nullptr;
}

// Only the first code counts: behind an `if` nobody knows.
bool returns_always(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& core) {
  const auto* codes = static_cast<ngx_array_t*>(first_word(cf, core, "ngx_http_rewrite_module"));
  if (codes == nullptr || codes->nelts < sizeof(ngx_http_script_code_pt)) return false;
  return *static_cast<ngx_http_script_code_pt*>(codes->elts) == ngx_http_script_return_code;
}

bool has_access_rule(ngx_conf_t* cf, const ContentPlace& place) {
  for (const char* module :
       {"ngx_http_access_module", "ngx_http_auth_basic_module", "ngx_http_auth_request_module"}) {
    if (first_word(cf, *place.location, module) != nullptr) return true;
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
    if (returns_always(cf, *place.location)) {
      warn_at(cf->log, quoted + "has no effect: \"return\" answers in the same location before it",
              place.place);
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
