// SPDX-License-Identifier: BSD-2-Clause
// Decides what one directive could not know alone, and checks every provider as a whole.
#include "ngx_module/config/conf_finish.h"

#include <algorithm>

#include "core/delivery/delivery.h"
#include "core/op/key_names.h"
#include "core/provider/doubts.h"
#include "core/text/closest.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/config/conf_check.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/config/delivery_location_check.h"
#include "ngx_module/config/neighbours.h"
#include "ngx_module/config/store_resolver.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

ngx_int_t unknown_provider(ngx_conf_t* cf, const MainConf& conf, const ProviderReference& reference) {
  std::vector<std::string_view> names;
  for (const auto& known : conf.providers) names.push_back(known.provider.name);
  std::string hint(closest(reference.name, names));
  if (!hint.empty()) hint = ", did you mean \"" + hint + "\"?";
  ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "unknown slo_provider \"%s\" in \"%s\"%s in %s:%ui",
                reference.name.c_str(), reference.directive.c_str(), hint.c_str(), reference.file.c_str(),
                reference.line);
  return NGX_ERROR;
}

ngx_int_t resolve_references(ngx_conf_t* cf, MainConf& conf) {
  for (auto& reference : conf.references) {
    const ProviderConf* found = conf.find(reference.name);
    if (found == nullptr) return unknown_provider(cf, conf, reference);
    *reference.target = found;
  }
  return NGX_OK;
}

const DeliveryLocation* delivery_location_of_server(const MainConf& conf, const ngx_http_conf_ctx_t* ctx) {
  for (const auto& delivery_location : conf.delivery_locations) {
    if (delivery_location.ctx->srv_conf == ctx->srv_conf) return &delivery_location;
  }
  return nullptr;
}

// The delivery location in the server that answers the provider's end_session, else the first one.
const DeliveryLocation* pick_delivery_location(const MainConf& conf, const ProviderConf& provider) {
  for (const auto& place : conf.end_session_places) {
    if (*place.provider != &provider) continue;
    if (const DeliveryLocation* delivery_location = delivery_location_of_server(conf, place.ctx))
      return delivery_location;
  }
  return conf.delivery_locations.empty() ? nullptr : &conf.delivery_locations.front();
}

ngx_int_t refuse_provider(ngx_conf_t* cf, const ProviderConf& provider, const std::string& why) {
  ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "slo_provider \"%s\"%s in %s", provider.provider.name.c_str(),
                why.c_str(), provider.place.c_str());
  return NGX_ERROR;
}

// A pool of threads costs every worker its threads: only who signs slowly, decrypts, reads clients anew, or
// asks for one, gets one.
ngx_int_t take_threads(ngx_conf_t* cf, ProviderConf& conf) {
#if (NGX_THREADS)
  const Provider& provider = conf.provider;
  const bool is_slow =
      std::ranges::any_of(provider.clients.list()->in_order(), [&provider](const auto& client) {
        return client->channels().back && is_slow_to_seal(provider, {.client = client->id});
      });
  const bool is_wanted = is_slow || conf.renewed != nullptr || !provider.decryption_keys.empty() ||
                         conf.thread_pool != "default";
  if (!is_wanted || conf.thread_pool.empty()) return NGX_OK;
  ngx_str_t name{conf.thread_pool.size(), reinterpret_cast<u_char*>(conf.thread_pool.data())};
  conf.threads = ngx_thread_pool_add(cf, &name);
  return conf.threads != nullptr ? NGX_OK : NGX_ERROR;
#else
  return NGX_OK;
#endif
}

void doubt_provider(ngx_conf_t* cf, const MainConf& conf, const ProviderConf& provider) {
  auto doubts = doubts_about(provider.provider);
  const bool is_served =
      std::ranges::any_of(conf.end_session_places,
                          [&provider](const ProviderPlace& place) { return *place.provider == &provider; });
  if (!is_served && !provider.provider.only_receives())
    doubts.emplace_back("has no location with \"slo_end_session\": users cannot log out");
  for (const auto& doubt : doubts) {
    warn_at(cf->log, "slo_provider \"" + provider.provider.name + "\" " + doubt, provider.place);
  }
}

// Two providers that the store takes for one would end each other's sessions.
ngx_int_t check_pairs(ngx_conf_t* cf, const MainConf& conf) {
  for (auto one = conf.providers.begin(); one != conf.providers.end(); ++one) {
    for (auto earlier = conf.providers.begin(); earlier != one; ++earlier) {
      auto checked = check_together(earlier->provider, one->provider);
      if (!checked) return refuse_provider(cf, *one, " " + checked.error().detail);
    }
  }
  return NGX_OK;
}

// Without "jwks" the keys are those of the OP's discovery document, where there is a way to it.
ngx_int_t settle_keys(ngx_conf_t* cf, ProviderConf& conf) {
  Provider& provider = conf.provider;
  const bool has_way = conf.delivery_location != nullptr;
  if (provider.keys_from == KeysFrom::url && !has_way) {
    return refuse_provider(cf, conf,
                           " has a URL in \"jwks\", but there is no internal location with \"slo_deliver\": "
                           "include snippets/slo-deliver.conf in a server");
  }
  if (has_way && !conf.written.contains("jwks")) provider.keys_from = KeysFrom::discovery;
  if (provider.keys_from != KeysFrom::url && provider.keys_from != KeysFrom::discovery) return NGX_OK;
  conf.fetched_keys = &pool_new<jose::KeySet>(cf->pool);
  provider.fetched_keys = conf.fetched_keys;
  return NGX_OK;
}

ngx_int_t settle_clients(ngx_conf_t* cf, ProviderConf& conf) {
  const auto& sources = conf.client_sources;
  conf.provider.fetches_clients = std::ranges::any_of(sources, &ClientSource::is_url);
  if (conf.provider.fetches_clients && conf.delivery_location == nullptr) {
    return refuse_provider(
        cf, conf,
        " has a URL in \"clients\", but there is no internal location with \"slo_deliver\": "
        "include snippets/slo-deliver.conf in a server");
  }
  auto list = list_of_clients(conf, parts_of(conf));
  if (!list) return refuse_provider(cf, conf, list.error().detail);
  conf.provider.clients.replace(*std::move(list));
  const bool is_renewed =
      std::ranges::any_of(sources, [](const ClientSource& source) { return source.check > Millis{0}; });
  if (is_renewed) conf.renewed = &conf;
  return NGX_OK;
}

// Who only receives logouts asks no questions; unless a location asks them in its name all the same.
bool needs_tickets(const MainConf& conf, const ProviderConf& provider) {
  if (!provider.provider.only_receives()) return true;
  return std::ranges::any_of(conf.references, [&provider](const ProviderReference& reference) {
    const bool seals = reference.directive == "slo_end_session" || reference.directive == "slo_check_session";
    return seals && reference.name == provider.provider.name;
  });
}

// Of the whole: which clients there are is known by now.
ngx_int_t settle_tickets(ngx_conf_t* cf, const MainConf& conf, ProviderConf& provider) {
  provider.provider.ticket_secret = derive_ticket_secret(provider.provider);
  if (provider.provider.ticket_secret.empty() && needs_tickets(conf, provider)) {
    return refuse_provider(cf, provider,
                           std::string(" needs a \"signing_key\"") +
                               (provider.provider.shown_keys.empty() ? "" : " without \"publish_only\"") +
                               ", or \"slo_store\" a \"secret_file=\": one of them seals the "
                               "tickets of the confirmation page");
  }
  return NGX_OK;
}

ngx_int_t finish_provider(ngx_conf_t* cf, MainConf& conf, ProviderConf& provider) {
  name_keys(provider.provider);
  provider.space = {conf.store->link.prefix, provider.provider.store_tag};
  conf.store->link.tenants.push_back(
      {provider.space.issuer, provider.provider.issuer.value, provider.provider.name});
  provider.provider.cookie_secret = conf.store->cookie_secret;
  provider.delivery_location = pick_delivery_location(conf, provider);
  if (settle_keys(cf, provider) != NGX_OK) return NGX_ERROR;
  if (settle_clients(cf, provider) != NGX_OK) return NGX_ERROR;
  if (settle_tickets(cf, conf, provider) != NGX_OK) return NGX_ERROR;
  auto checked = check(provider.provider);
  if (!checked) return refuse_provider(cf, provider, ": " + checked.error().detail);
  warn_of_key_names(cf, provider);
  doubt_provider(cf, conf, provider);
  return take_threads(cf, provider);
}

}  // namespace

ngx_int_t finish_configuration(ngx_conf_t* cf) {
  auto& conf = main_conf(cf);
  if (resolve_references(cf, conf) != NGX_OK || check_delivery_locations(cf, conf) != NGX_OK)
    return NGX_ERROR;
  if (check_neighbours(cf, conf) != NGX_OK) return NGX_ERROR;
  if (!conf.providers.empty() && !conf.store) {
    refuse_at(cf->log, "\"slo_provider\" requires \"slo_store\" in the http block",
              conf.providers.front().place);
    return NGX_ERROR;
  }
  for (const auto& look : conf.checks) {
    if (look(cf) != NGX_OK) return NGX_ERROR;
  }
  for (auto& provider : conf.providers) {
    if (finish_provider(cf, conf, provider) != NGX_OK) return NGX_ERROR;
  }
  if (check_pairs(cf, conf) != NGX_OK) return NGX_ERROR;
  if (conf.store) choose_store_resolver(cf, *conf.store);
  warn_of_delivery_locations(cf, conf);
  return NGX_OK;
}

}  // namespace slo::ngx
