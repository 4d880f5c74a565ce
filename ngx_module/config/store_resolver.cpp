// SPDX-License-Identifier: BSD-2-Clause
// Who is asked for the store's name while nginx runs.
#include "ngx_module/config/store_resolver.h"

#include <string>
#include <vector>

#include "core/text/name_servers.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr const char* system_resolver = "/etc/resolv.conf";

// nginx refuses a whole configuration for what is no address; a system's file may have a zone
// (`fe80::1%eth0`).
bool is_address(ngx_conf_t* cf, const std::string& text) {
  const bool has_brackets = text.starts_with('[');
  const std::string bare = has_brackets ? text.substr(1, text.size() - 2) : text;
  const ngx_str_t plain = to_ngx(cf->pool, bare);
  ngx_addr_t ignored{};
  return ngx_parse_addr(cf->pool, &ignored, plain.data, plain.len) == NGX_OK;
}

ngx_resolver_t* resolver_of_this_system(ngx_conf_t* cf) {
  const auto text = read_file(cf, system_resolver);
  std::vector<ngx_str_t> servers;
  if (text) {
    for (const auto& server : name_servers_in(*text)) {
      if (is_address(cf, server)) servers.push_back(to_ngx(cf->pool, server));
    }
  }
  return servers.empty() ? nullptr : ngx_resolver_create(cf, servers.data(), servers.size());
}

// nginx has an array of them, Angie a list.
[[maybe_unused]] bool is_any(const ngx_array_t& servers) { return servers.nelts > 0; }
[[maybe_unused]] bool is_any(const ngx_resolver_connection_t* first) { return first != nullptr; }

}  // namespace

bool has_name_servers(const ngx_resolver_t* resolver) {
  return resolver != nullptr && is_any(resolver->connections);
}

void choose_store_resolver(ngx_conf_t* cf, StoreConf& store) {
  const bool is_asked_where = store.link.sentinel || !store.link.cluster.empty();
  if (store.link.host.empty() && !is_asked_where) return;
  const auto* http =
      static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  store.link.resolver = has_name_servers(http->resolver) ? http->resolver : resolver_of_this_system(cf);
}

}  // namespace slo::ngx
