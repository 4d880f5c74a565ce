// SPDX-License-Identifier: BSD-2-Clause
// Under which addresses clients find our locations. A regular expression, or a name, is no address.
#include "ngx_module/op/addresses.h"

#include <algorithm>
#include <deque>
#include <span>

#include "core/op/publishing.h"
#include "core/text/uri.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

bool has_address(const ngx_http_core_loc_conf_t& location) {
#if (NGX_PCRE)
  if (location.regex != nullptr) return false;
#endif
  return location.named == 0 && location.internal != 1 && location.name.len > 0;
}

// Is its server one of the issuer's host?
bool is_at_issuer(const ProviderPlace& place, const std::string& host) {
  const auto* server =
      static_cast<ngx_http_core_srv_conf_t*>(place.ctx->srv_conf[ngx_http_core_module.ctx_index]);
  const std::span names(static_cast<ngx_http_server_name_t*>(server->server_names.elts),
                        server->server_names.nelts);
  return std::ranges::any_of(names, [&](const auto& name) { return view(name.name) == host; });
}

// The first location that has one, in a server of the issuer's host if there is such a one.
std::string address_of(const std::deque<ProviderPlace>& places, const ProviderConf& provider) {
  const Issuer& issuer = provider.provider.issuer;
  const auto uri = read_uri(issuer.value);
  const ProviderPlace* found = nullptr;
  for (const auto& place : places) {
    if (*place.provider != &provider || !has_address(*place.location)) continue;
    const bool is_better = uri && is_at_issuer(place, uri->host);
    if (found == nullptr || is_better) found = &place;
    if (is_better) break;
  }
  return found == nullptr ? "" : address_at_issuer(issuer, view(found->location->name));
}

// Finds its address, or refuses: `who` is what wants to know it.
ngx_int_t know_end_session(ngx_conf_t* cf, const ProviderConf& provider, const std::string& who,
                           const std::string& place) {
  auto& conf = main_conf(cf);
  Provider& told = conf.providers[provider.index].provider;
  if (told.end_session_endpoint.empty()) {
    told.end_session_endpoint = address_of(conf.end_session_places, provider);
  }
  if (!told.end_session_endpoint.empty()) return NGX_OK;
  refuse_at(cf->log,
            '"' + who + " where slo_provider \"" + told.name +
                "\" ends sessions: it has no exact or prefix location with \"slo_end_session\"; add such a "
                "one, or \"end_session https://…;\" to the provider",
            place);
  return NGX_ERROR;
}

}  // namespace

LogoutSupport logout_support(const ProviderConf& provider) {
  return {.back_channel = provider.delivery_location != nullptr && !provider.provider.signing_keys.empty()};
}

void tell_end_session(ConfLine& line, const ProviderConf* const* provider) {
  main_conf(line.cf).checks.push_back(
      [provider, directive = line.directive, place = place_of(line.cf)](ngx_conf_t* cf) {
        return know_end_session(cf, **provider, directive + "\" directive cannot tell clients", place);
      });
}

void know_way_back(ConfLine& line, const ProviderConf* const* provider) {
  main_conf(line.cf).checks.push_back([provider, place = place_of(line.cf)](ngx_conf_t* cf) -> ngx_int_t {
    const Provider& its = main_conf(cf).providers[(*provider)->index].provider;
    if (!its.upstream_logout.by_browser) return NGX_OK;
    if (know_end_session(cf, **provider, "upstream_logout\" cannot tell the OP", place) != NGX_OK)
      return NGX_ERROR;
    if (its.upstream_logout.uri != its.end_session_endpoint) return NGX_OK;
    refuse_at(cf->log,
              "\"upstream_logout\" of slo_provider \"" + its.name +
                  "\" is the address of \"slo_end_session\" itself; it takes that of the OP's own logout",
              place);
    return NGX_ERROR;
  });
}

std::string address_of_location(const ProviderPlace& place, const ProviderConf& provider) {
  return address_of({place}, provider);
}

std::string jwks_address(const MainConf& conf, const ProviderConf& provider) {
  return address_of(conf.jwks_places, provider);
}

}  // namespace slo::ngx
