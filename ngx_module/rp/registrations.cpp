// SPDX-License-Identifier: BSD-2-Clause
// Tells operators what to register at their OPs. A regular expression, or a name, is no address.
#include "ngx_module/rp/registrations.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/text/uri.h"
#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// The first of its names that is a host's; an address too long for a URI is none.
std::string name_of(const ngx_http_conf_ctx_t& ctx) {
  const auto* server = static_cast<ngx_http_core_srv_conf_t*>(ctx.srv_conf[ngx_http_core_module.ctx_index]);
  const std::span names(static_cast<ngx_http_server_name_t*>(server->server_names.elts),
                        server->server_names.nelts);
  const auto is_host = [](const ngx_http_server_name_t& one) {
    const auto uri = read_uri("https://" + std::string(view(one.name)));
    return uri && !view(one.name).starts_with('.') && uri->path.empty() && !uri->userinfo;
  };
  const auto found = std::ranges::find_if(names, is_host);
  return found == names.end() ? std::string() : std::string(view(found->name));
}

std::string address_of(const Registration& registration) {
  if (!registration.address.empty()) return registration.address;
  const std::string name = name_of(*registration.server), path = path_of(*registration.location);
  return name.empty() || path.empty() ? std::string() : "https://" + name + path;
}

}  // namespace

void to_be_registered(ConfLine& line, std::string_view member, const ProviderConf* const* provider,
                      std::string address) {
  auto& conf = *static_cast<RpMainConf*>(ngx_http_conf_get_module_main_conf(line.cf, ngx_http_slo_rp_module));
  conf.registrations.push_back({.member = member,
                                .provider = provider,
                                .address = std::move(address),
                                .server = server_of(line),
                                .location = &core_location(line)});
}

std::string path_of(const ngx_http_core_loc_conf_t& location) {
#if (NGX_PCRE)
  if (location.regex != nullptr) return {};
#endif
  const bool has_path = location.named == 0 && location.internal != 1 && location.name.len > 0;
  return has_path ? std::string(view(location.name)) : std::string();
}

ngx_int_t tell_registrations(ngx_cycle_t* cycle) {
  const auto* conf = ngx_test_config != 0
                         ? nullptr
                         : static_cast<const RpMainConf*>(
                               ngx_http_cycle_get_module_main_conf(cycle, ngx_http_slo_rp_module));
  if (conf == nullptr) return NGX_OK;
  for (const Registration& registration : conf->registrations) {
    const std::string address = address_of(registration);
    if (address.empty()) continue;
    ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "slo: register at the OP of slo_provider \"%s\": %s %s",
                  (*registration.provider)->provider.name.c_str(), registration.member.data(),
                  address.c_str());
  }
  return NGX_OK;
}

}  // namespace slo::ngx
