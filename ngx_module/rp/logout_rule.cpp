// SPDX-License-Identifier: BSD-2-Clause
// slo_logout: reads a rule, and says what of it is hardly meant.
#include <algorithm>
#include <string>
#include <vector>

#include "core/rp/way_out.h"
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

// What is known of it when all has been read and inherited.
ngx_int_t check_rule(ngx_conf_t* cf, const RpLocConf& location, const ngx_http_core_loc_conf_t& core,
                     const std::string& place) {
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
  const auto is_of_provider = [&](const GuardRule* guard) { return guard->provider == rule.provider; };
  if (!rule.token.is_set() && std::ranges::none_of(location.guards, is_of_provider)) {
    warn_at(cf->log,
            "\"slo_logout\" cannot know whose session ends: it has no \"token=\", and there is no "
            "\"slo_guard\" of slo_provider \"" +
                rule.provider->provider.name + "\" in its location or above it",
            place);
  }
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
  main_conf(line.cf).checks.push_back(
      [&location, &core = core_location(line), place = place_of(line.cf)](ngx_conf_t* cf) {
        return logout_rule::check_rule(cf, location, core, place);
      });
  return {};
}

}  // namespace slo::ngx
