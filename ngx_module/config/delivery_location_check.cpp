// SPDX-License-Identifier: BSD-2-Clause
// Looks at the locations with slo_deliver at `nginx -t`: can they carry, and to whom?
#include "ngx_module/config/delivery_location_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/uri.h"
#include "ngx_module/config/store_resolver.h"
#include "ngx_module/nginx/builtin_handlers.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

void say(ngx_conf_t* cf, ngx_uint_t level, const DeliveryLocation& delivery_location,
         const std::string& what) {
  ngx_log_error(level, cf->log, 0, "\"slo_deliver\": %s in %s", what.c_str(),
                delivery_location.place.c_str());
}

ngx_int_t refuse_location(ngx_conf_t* cf, const DeliveryLocation& delivery_location, const std::string& why) {
  say(cf, NGX_LOG_EMERG, delivery_location, why);
  return NGX_ERROR;
}

const DeliveryLocation* earlier_in_server(const MainConf& conf, const DeliveryLocation& delivery_location) {
  for (const auto& other : conf.delivery_locations) {
    if (&other == &delivery_location) return nullptr;
    if (other.ctx->srv_conf == delivery_location.ctx->srv_conf) return &other;
  }
  return nullptr;
}

constexpr std::array answerers{Answerer{"ngx_http_fastcgi_module", "fastcgi_pass", "$host"},
                               Answerer{"ngx_http_uwsgi_module", "uwsgi_pass", "$host"},
                               Answerer{"ngx_http_scgi_module", "scgi_pass", "$host"},
                               Answerer{"ngx_http_grpc_module", "grpc_pass", "$host"},
                               Answerer{"ngx_http_stub_status_module", "stub_status", "on"},
                               Answerer{"ngx_http_empty_gif_module", "empty_gif", ""}};

// `proxy_pass` itself is not looked for: modules such as cache_purge put a handler of their own in front of
// it.
const Answerer* other_answerer(ngx_conf_t* cf, const DeliveryLocation& delivery_location) {
  const auto* const found = std::ranges::find_if(answerers, [&](const Answerer& answerer) {
    return handler_of(cf, answerer) == delivery_location.location->handler;
  });
  return found == answerers.end() ? nullptr : found;
}

// Does the module's table of directives, which is public, say that it keeps this flag there?
bool keeps_flag_at(const ngx_module_t& module, std::string_view directive, ngx_uint_t offset) {
  for (const ngx_command_t* command = module.commands; command->name.len > 0; ++command) {
    if (view(command->name) != directive) continue;
    return command->set == ngx_conf_set_flag_slot && command->conf == NGX_HTTP_LOC_CONF_OFFSET &&
           command->offset == offset;
  }
  return false;
}

// Its structure is private. It begins with what all modules with upstreams have in common, if several of its
// flags lie where they are in that.
bool begins_with_upstream(const ngx_module_t& proxy) {
  return keeps_flag_at(proxy, "proxy_buffering", offsetof(ngx_http_upstream_conf_t, buffering)) &&
         keeps_flag_at(proxy, "proxy_intercept_errors",
                       offsetof(ngx_http_upstream_conf_t, intercept_errors)) &&
         keeps_flag_at(proxy, "proxy_pass_request_headers",
                       offsetof(ngx_http_upstream_conf_t, pass_request_headers)) &&
#if (NGX_HTTP_SSL)
         keeps_flag_at(proxy, "proxy_ssl_verify", offsetof(ngx_http_upstream_conf_t, ssl_verify)) &&
#endif
         keeps_flag_at(proxy, "proxy_pass_request_body",
                       offsetof(ngx_http_upstream_conf_t, pass_request_body));
}

// What proxy_* says in the delivery location; null: nobody knows.
const ngx_http_upstream_conf_t* proxy_of(ngx_conf_t* cf, const DeliveryLocation& delivery_location) {
  const ngx_module_t* proxy = find_module(cf, "ngx_http_proxy_module");
  if (proxy == nullptr || !begins_with_upstream(*proxy)) return nullptr;
  return static_cast<ngx_http_upstream_conf_t*>(delivery_location.location->loc_conf[proxy->ctx_index]);
}

// Does any directive name it?
bool is_uri_used(ngx_conf_t* cf) {
  const auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* variables = static_cast<const ngx_http_variable_t*>(core.variables.elts);
  return std::any_of(variables, variables + core.variables.nelts,
                     [](const auto& variable) { return view(variable.name) == "slo_deliver_uri"; });
}

bool is_address(const std::string& host) {
  std::string text = host;
  return text.starts_with('[') ||
         ngx_inet_addr(reinterpret_cast<u_char*>(text.data()), text.size()) != INADDR_NONE;
}

// As nginx matches a proxied host at run time.
bool is_upstream(ngx_conf_t* cf, const Uri& uri) {
  const auto& main = *static_cast<ngx_http_upstream_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module));
  auto** rows = static_cast<ngx_http_upstream_srv_conf_t**>(main.upstreams.elts);
  return std::any_of(rows, rows + main.upstreams.nelts, [&uri](const auto* row) {
    bool is_port = (row->port == 0 && !uri.port) || row->port == uri.effective_port();
    return is_port && row->host.len == uri.host.size() &&
           ngx_strncasecmp(row->host.data, reinterpret_cast<u_char*>(const_cast<char*>(uri.host.data())),
                           row->host.len) == 0;
  });
}

// What a delivery location's clients need of it.
struct Needs {
  std::string first_named{};  // `client "a" of slo_provider "b"`, whose host must be looked up
  std::string host{};
  std::size_t others = 0;
  bool https = false;
};

void add_receiver(ngx_conf_t* cf, Needs& needs, const ProviderConf& provider, const std::string& address,
                  const std::string& whose) {
  const auto uri = read_uri(address);
  if (!uri) return;
  if (uri->scheme == "https") needs.https = true;
  if (is_address(uri->host) || is_upstream(cf, *uri)) return;
  if (!needs.host.empty()) {
    ++needs.others;
    return;
  }
  needs.host = uri->host;
  needs.first_named = whose + "\" of slo_provider \"" + provider.provider.name + "\"";
}

Needs needs_of(ngx_conf_t* cf, const MainConf& conf, const DeliveryLocation& delivery_location) {
  Needs needs;
  for (const auto& provider : conf.providers) {
    if (provider.delivery_location != &delivery_location) continue;
    for (const ClientRef& client : provider.provider.clients.list()->in_order())
      add_receiver(cf, needs, provider, client->backchannel_logout_uri, "client \"" + client->id.value);
    for (const Application& application : provider.provider.applications)
      add_receiver(cf, needs, provider, application.target, "application \"" + application.name);
  }
  return needs;
}

void warn_of_names(ngx_conf_t* cf, const DeliveryLocation& delivery_location, const Needs& needs) {
  if (needs.host.empty() || has_name_servers(delivery_location.location->resolver)) return;
  std::string whom = needs.first_named;
  if (needs.others > 0) whom += " and " + std::to_string(needs.others) + " more";
  say(cf, NGX_LOG_WARN, delivery_location,
      "it cannot reach " + whom + ": to look up \"" + needs.host +
          "\" it needs a \"resolver\", or an \"upstream\" of that name");
}

void warn_of_proxy(ngx_conf_t* cf, const DeliveryLocation& delivery_location, const Needs& needs) {
  const auto* proxy = proxy_of(cf, delivery_location);
  if (proxy == nullptr) return;
  if (!proxy->pass_request_headers) {
    say(cf, NGX_LOG_WARN, delivery_location,
        "it sends no logout token with \"proxy_pass_request_headers off\"");
  }
  if (!proxy->pass_request_body) {
    say(cf, NGX_LOG_WARN, delivery_location, "it sends no logout token with \"proxy_pass_request_body off\"");
  }
#if (NGX_HTTP_SSL)
  if (needs.https && !proxy->ssl_verify) {
    say(cf, NGX_LOG_WARN, delivery_location,
        "it does not verify receivers' certificates: set \"proxy_ssl_verify on\" and "
        "\"proxy_ssl_trusted_certificate\"");
  }
#endif
}

}  // namespace

ngx_int_t check_delivery_locations(ngx_conf_t* cf, MainConf& conf) {
  for (auto& delivery_location : conf.delivery_locations) {
    if (!delivery_location.location->internal) {
      return refuse_location(cf, delivery_location,
                             "its location must be \"internal\", or it would carry anybody's requests");
    }
    if (const DeliveryLocation* other = earlier_in_server(conf, delivery_location)) {
      return refuse_location(cf, delivery_location, "is duplicate: this server has one in " + other->place);
    }
    if (delivery_location.location->handler == nullptr) {
      return refuse_location(cf, delivery_location, "needs \"proxy_pass $slo_deliver_uri\" in its location");
    }
    if (const Answerer* other = other_answerer(cf, delivery_location)) {
      return refuse_location(cf, delivery_location,
                             "needs \"proxy_pass $slo_deliver_uri\" in its location, where \"" +
                                 std::string(other->directive) + "\" answers");
    }
    delivery_location.rewrite = find_rewrite(cf);
  }
  return NGX_OK;
}

void warn_of_delivery_locations(ngx_conf_t* cf, const MainConf& conf) {
  for (const auto& delivery_location : conf.delivery_locations) {
    const auto* proxy = proxy_of(cf, delivery_location);
    const bool is_fixed = proxy != nullptr && proxy->upstream != nullptr;  // compared only
    const Needs needs = needs_of(cf, conf, delivery_location);
    if (is_fixed && !is_uri_used(cf)) {
      say(cf, NGX_LOG_WARN, delivery_location,
          "it sends no logout token: its \"proxy_pass\" has a fixed address, not \"$slo_deliver_uri\"");
    }
    if (!is_fixed) warn_of_names(cf, delivery_location, needs);
    warn_of_proxy(cf, delivery_location, needs);
  }
}

}  // namespace slo::ngx
