// SPDX-License-Identifier: BSD-2-Clause
// Which applications there are: each location's with its name, told to the providers whose sessions it joins.
#include "ngx_module/app/applications.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/app/cookie_rule.h"
#include "core/delivery/application_call.h"
#include "core/text/closest.h"
#include "core/text/uri.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/builtin_handlers.h"

namespace slo::ngx {
namespace {
namespace settling_applications {  // names of this file alone, in unity builds too

const ngx_http_core_srv_conf_t& core_of(const ngx_http_conf_ctx_t& server) {
  return *static_cast<ngx_http_core_srv_conf_t*>(server.srv_conf[ngx_http_core_module.ctx_index]);
}

std::span<ngx_http_server_name_t> names_of(const ngx_http_conf_ctx_t& server) {
  const auto& names = core_of(server).server_names;
  return {static_cast<ngx_http_server_name_t*>(names.elts), names.nelts};
}

// The first of its names that can be a host's; empty: it has none.
std::string host_of(const ngx_http_conf_ctx_t& server) {
  for (const auto& one : names_of(server)) {
    std::string name(view(one.name));
    const auto uri = read_uri("https://" + name);
    const bool is_host = uri && !name.starts_with('.') && uri->path.empty() && !uri->userinfo &&
                         name.find_first_of("*~:_") == std::string::npos;
    if (is_host) return name;
  }
  return {};
}

// Of an application that is not called: whatever its server goes by.
std::string name_of(const ngx_http_conf_ctx_t& server) {
  if (std::string host = host_of(server); !host.empty()) return host;
  const auto names = names_of(server);
  return names.empty() || names.front().name.len == 0 ? "_" : std::string(view(names.front().name));
}

std::string without_query_of(const std::string& target) { return target.substr(0, target.find('?')); }

Application application_of_server(const AppLogout* logout, const ngx_http_conf_ctx_t& server) {
  Application application{.name = name_of(server)};
  if (logout != nullptr && !logout->is_off()) {
    application.host = logout->is_path() ? host_of(server) : std::string();
    application.name = application.host + without_query_of(logout->target);
    application.target = logout->target;
    application.method = logout->method;
    application.type = logout->type;
    application.body = logout->body;
    application.headers = logout->headers;
  }
  application.id = application_id(application.name);
  return application;
}

// Do its users reach the server by https, as far as this nginx sees?
bool is_tls_server(ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server) {
  const auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  if (core.ports == nullptr) return false;
  for (const auto& port :
       std::span(static_cast<ngx_http_conf_port_t*>(core.ports->elts), core.ports->nelts)) {
    for (const auto& address :
         std::span(static_cast<ngx_http_conf_addr_t*>(port.addrs.elts), port.addrs.nelts)) {
      const std::span servers(static_cast<ngx_http_core_srv_conf_t**>(address.servers.elts),
                              address.servers.nelts);
      if (address.opt.ssl == 1 && std::ranges::find(servers, &server) != servers.end()) return true;
    }
  }
  return false;
}

DeliveryLocation way_through(ngx_conf_t* cf, ngx_http_conf_ctx_t* server, const AppLogout& logout) {
  return {
      .ctx = server,
      .location = static_cast<ngx_http_core_loc_conf_t*>(server->loc_conf[ngx_http_core_module.ctx_index]),
      .place = logout.place,
      .rewrite = find_rewrite(cf),
      .is_own_server = true,
      .is_tls = is_tls_server(cf, core_of(*server)),
      .try_files = find_try_files(cf),
      .caching = find_caching(cf)};
}

// A location of ours is no application's.
const ContentPlace* own_place(const MainConf& conf, const ngx_http_conf_ctx_t& server,
                              const AppLogout& logout) {
  const std::string path = without_query_of(logout.target);
  const auto found = std::ranges::find_if(conf.content_places, [&](const ContentPlace& place) {
    return place.server->srv_conf == server.srv_conf && place.location->exact_match == 1 &&
           view(place.location->name) == path;
  });
  return found == conf.content_places.end() ? nullptr : &*found;
}

// What an application needs to be called; empty: nothing.
std::string missing(const MainConf& conf, const ProviderConf& provider, const AppLogout& logout,
                    const Application& application, const ngx_http_conf_ctx_t& server) {
  if (conf.store && conf.store->cookie_secret.empty())
    return "needs \"secret_file=\" in \"slo_store\": it seals the cookies that the application is called "
           "with";
  const ContentPlace* ours = logout.is_path() ? own_place(conf, server, logout) : nullptr;
  if (ours != nullptr)
    return "calls \"" + ours->directive + "\" of this module in " + ours->place + ", which is no application";
  if (logout.is_path())
    return application.host.empty() ? "needs a \"server_name\" in its server, as Host of \"" + logout.target +
                                          "\"; or an absolute URL"
                                    : std::string();
  if (logout.target.starts_with("http:") && !provider.provider.egress.allow_http)
    return "has an http URL, which needs \"allow_http on\" in slo_provider \"" + provider.provider.name + '"';
  if (conf.delivery_locations.empty())
    return "has a URL, but there is no internal location with \"slo_deliver\": include "
           "snippets/slo-deliver.conf in a server";
  return {};
}

std::vector<std::string> cookies_of_call(const Application& application) {
  std::vector<std::string> names = cookies_named_in(application.body);
  for (const auto& [header, value] : application.headers)
    std::ranges::copy(cookies_named_in(value), std::back_inserter(names));
  return names;
}

// `$cookie_XSRF-TOKEN` ends before the `-`.
std::string about_cookie(const std::string& name, const std::vector<const CookieRule*>& rules) {
  std::vector<std::string_view> tracked;
  for (const CookieRule* rule : rules) std::ranges::copy(rule->names, std::back_inserter(tracked));
  std::string_view meant = closest(name, tracked);
  const auto begins_so = [&name](std::string_view one) { return one.starts_with(name); };
  const auto longer = std::ranges::find_if(tracked, begins_so);
  if (meant.empty() && longer != tracked.end()) meant = *longer;
  return "has the cookie \"" + name +
         "\" in its call, which no \"slo_cookie\" with \"track\" names where it counts" +
         (meant.empty() ? "" : ", did you mean \"${cookie_" + std::string(meant) + "}\"?");
}

class Settling {
 public:
  explicit Settling(ngx_conf_t* cf) : cf_(cf), conf_(main_conf(cf)), app_(app_main_conf(cf)) {}

  ngx_int_t settle() {
    for (const Belonging& belonging : app_.belongings) {
      const AppLogout* logout = belonging.location->logout;
      if (logout != nullptr) guarded_.insert(logout);
      if (!tracks_cookies(*belonging.location)) continue;
      if (logout != nullptr) tracked_.insert(logout);
      if (add(belonging) != NGX_OK) return NGX_ERROR;
    }
    for (const Place& place : places_) {
      const ProviderConf& provider = conf_.providers[place.provider];
      place.location->memberships.push_back(
          {.provider = &provider, .application = &provider.provider.applications[place.application]});
    }
    return check_logouts() == NGX_OK ? check_calls() : NGX_ERROR;
  }

 private:
  // Pointers to applications only when all are known.
  struct Place {
    AppLocConf* location;
    std::size_t provider, application;
  };

  ngx_int_t refuse(const AppLogout& logout, const std::string& why) {
    refuse_at(cf_->log, "\"slo_app_logout\" " + why, logout.place);
    return NGX_ERROR;
  }

  ngx_int_t add(const Belonging& belonging) {
    const std::size_t index = (*belonging.provider)->index;
    for (const Place& place : places_) {
      if (place.location == belonging.location && place.provider == index) return NGX_OK;
    }
    ProviderConf& conf = conf_.providers[index];
    const AppLogout* logout = belonging.location->logout;
    Application fresh = application_of_server(logout, *belonging.server);
    if (!fresh.target.empty()) {
      if (const std::string why = missing(conf_, conf, *logout, fresh, *belonging.server); !why.empty())
        return refuse(*logout, why);
    }
    auto& all = conf.provider.applications;
    auto known = std::ranges::find(all, fresh.id, &Application::id);
    if (known == all.end()) {
      if (fresh.is_own_location())
        conf.application_servers.emplace(fresh.id, way_through(cf_, belonging.server, *logout));
      known = all.insert(all.end(), std::move(fresh));
    } else if (*known != fresh) {
      return refuse(*logout,
                    "is another call to \"" + fresh.name +
                        "\" than one elsewhere in the configuration: of an application there is one");
    }
    if (conf_.store) conf.provider.app_cookie_secret = derive_app_cookie_secret(conf_.store->cookie_secret);
    places_.push_back({belonging.location, index, static_cast<std::size_t>(known - all.begin())});
    return NGX_OK;
  }

  // What nobody would obey is a mistake.
  ngx_int_t check_logouts() {
    for (const AppLogout& logout : app_.logouts) {
      if (logout.is_off() || tracked_.contains(&logout)) continue;
      return refuse(logout,
                    guarded_.contains(&logout)
                        ? "needs a \"slo_cookie\" with \"track\" where it counts: without its "
                          "cookies the application would not know whom to log out"
                        : "needs a \"slo_guard\" and a \"slo_cookie\" with \"track\" where it counts: "
                          "whose session does the application have a part in?");
    }
    return NGX_OK;
  }

  // Where nobody remembers the cookie, the application would be sent nothing, and refuse.
  ngx_int_t check_calls() {
    for (const Belonging& belonging : app_.belongings) {
      const Application* its = application_of(*belonging.location, **belonging.provider);
      if (its == nullptr || !its->is_called()) continue;
      const auto rules = rules_of(*its);
      for (const std::string& name : cookies_of_call(*its)) {
        const auto has_it = [&name](const CookieRule* rule) { return is_its(*rule, name); };
        if (std::ranges::none_of(rules, has_it))
          return refuse(*belonging.location->logout, about_cookie(name, rules));
      }
    }
    return NGX_OK;
  }

  // That track cookies for the application, wherever it is.
  std::vector<const CookieRule*> rules_of(const Application& application) const {
    std::vector<const CookieRule*> rules;
    for (const Belonging& belonging : app_.belongings) {
      if (application_of(*belonging.location, **belonging.provider) != &application) continue;
      std::ranges::copy_if(belonging.location->rules, std::back_inserter(rules), &CookieRule::is_tracked);
    }
    return rules;
  }

  ngx_conf_t* cf_;
  MainConf& conf_;
  AppMainConf& app_;
  std::vector<Place> places_{};
  std::set<const AppLogout*> guarded_{}, tracked_{};
};

}  // namespace settling_applications
}  // namespace

void takes_part(ngx_conf_t* cf, const ProviderConf* const* provider) {
  auto* location = static_cast<AppLocConf*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_slo_app_module));
  auto* server =
      static_cast<ngx_http_core_srv_conf_t*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  app_main_conf(cf).belongings.push_back(
      {.location = location, .provider = provider, .server = server->ctx, .core = core});
}

void mark_door(ngx_conf_t* cf) {
  auto* location = static_cast<AppLocConf*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_slo_app_module));
  location->is_door = true;
  app_main_conf(cf).doors.push_back(location);
}

ngx_int_t settle_applications(ngx_conf_t* cf) { return settling_applications::Settling(cf).settle(); }

}  // namespace slo::ngx
