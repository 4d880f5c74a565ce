// SPDX-License-Identifier: BSD-2-Clause
// slo_logout: reads a rule, and says what of it is hardly meant.
#include <algorithm>
#include <string>
#include <vector>

#include "core/rp/way_out.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"
#include "ngx_module/rp/registrations.h"

namespace slo::ngx {
namespace {
namespace logout_rule {  // names of this file alone, in unity builds too

using Checker = Outcome<void> (*)(std::string_view);

Taker take_checked(std::string& target, Checker check) {
  return [&target, check](const std::string& value) {
    target = value;
    return check(value);
  };
}

Outcome<void> read_parameters(ConfLine& line, LogoutRule& rule) {
  std::vector<std::string> options = line.words;
  const auto locals = std::erase(options, "local");
  rule.is_local = locals > 0;
  if (options.empty() || line.words[0] == "local") return bad_line("needs the name of a slo_provider first");
  if (locals > 1) return bad_line("has \"local\" twice");
  auto read = take_options(
      options, 1,
      {{"token", take_value(line, rule.token.text)},
       {"then", take_checked(rule.then, check_landing)},
       {"post_logout_redirect_uri", take_checked(rule.post_logout_redirect_uri, check_return_address)}},
      {.known = {"local"}});
  if (read && rule.is_local && !rule.post_logout_redirect_uri.empty())
    return bad_line("has \"post_logout_redirect_uri=\" beside \"local\", which sends nobody to the OP");
  return read;
}

// By what does the button know whose session ends? Empty: by something.
std::string missing_evidence(const LogoutRule& rule, const RpLocConf& location,
                             const ngx_http_core_loc_conf_t& core) {
  if (rule.token.is_set()) return {};
  const auto& app = *static_cast<const AppLocConf*>(core.loc_conf[ngx_http_slo_app_module.ctx_index]);
  bool has_guard = false;
  for (const GuardRule* guard : location.guards) {
    if (guard->provider != rule.provider) continue;
    if (guard->is_told() || tracks_cookies(app)) return {};
    has_guard = true;
  }
  const std::string whose = " \"slo_guard\" of slo_provider \"" + rule.provider->provider.name + '"';
  if (!has_guard) return "there is no" + whose + " in its location or above it";
  return "the" + whose + " has no parameters, and no \"slo_cookie\" with \"track\" counts here";
}

// The call that an application gets where its button stands; null: there is none.
const AppLogout* call_to_button(const AppMainConf& app, const LogoutRule& rule,
                                const ngx_http_conf_ctx_t& server) {
  for (const Belonging& one : app.belongings) {
    const AppLogout* call = one.location->logout;
    const bool may_call = one.server->srv_conf == server.srv_conf && *one.provider == rule.provider &&
                          call != nullptr && call->is_path();
    if (may_call && call->target.substr(0, call->target.find('?')) == rule.path) return call;
  }
  return nullptr;
}

// It would be asked by the user's own request, and once more when he is out already; or nobody is there.
void warn_of_call(ngx_conf_t* cf, const AppLogout& call, bool has_application, const std::string& place) {
  warn_at(cf->log,
          "\"slo_logout\" stands where \"slo_app_logout\" in " + call.place + " calls the application, " +
              (has_application ? "which would be told of each logout twice, and may refuse the second"
                               : "and no application is there") +
              ": give the button a location of another path",
          place);
}

// What is known of it when all has been read and inherited.
ngx_int_t check_rule(ngx_conf_t* cf, const RpLocConf& location, const ngx_http_core_loc_conf_t& core,
                     const ngx_http_conf_ctx_t& server, const std::string& place) {
  LogoutRule& rule = *location.button;
  rule.path = path_of(core);
  const auto* ours = static_cast<const LocConf*>(core.loc_conf[ngx_http_slo_module.ctx_index]);
  if (ours->handler != nullptr) {
    refuse_at(cf->log,
              "\"slo_logout\" cannot stand beside another directive of this module that answers in the same "
              "location",
              place);
    return NGX_ERROR;
  }
  if (const std::string why = missing_evidence(rule, location, core); !why.empty()) {
    warn_at(cf->log, "\"slo_logout\" cannot know whose session ends: it has no \"token=\", and " + why,
            place);
  }
  if (const AppLogout* call = call_to_button(app_main_conf(cf), rule, server))
    warn_of_call(cf, *call, core.handler != nullptr, place);
  return NGX_OK;
}

RpLocConf& server_conf(ConfLine& line) {
  return *static_cast<RpLocConf*>(server_of(line)->loc_conf[ngx_http_slo_rp_module.ctx_index]);
}

}  // namespace logout_rule
}  // namespace

Outcome<void> read_logout_rule(ConfLine& line, ngx_http_handler_pt answer) {
  auto& location = *static_cast<RpLocConf*>(line.conf);
  if (location.button != nullptr) return bad_line("is duplicate");
  auto& rule = pool_new<LogoutRule>(line.cf->pool);
  if (auto read = logout_rule::read_parameters(line, rule); !read) return read;
  rule.answer = answer;
  location.button = &rule;
  refer(line, line.words[0], &rule.provider);
  logout_rule::server_conf(line).buttons.push_back(&rule);
  loc_conf(line.cf).hides = Hides::query;
  main_conf(line.cf).needs_marks = true;
  if (!rule.is_local)
    to_be_registered(line, "post_logout_redirect_uri", &rule.provider, rule.post_logout_redirect_uri);
  main_conf(line.cf).checks.push_back([&location, &core = core_location(line), server = server_of(line),
                                       place = place_of(line.cf)](ngx_conf_t* cf) {
    return logout_rule::check_rule(cf, location, core, *server, place);
  });
  return {};
}

}  // namespace slo::ngx
