// SPDX-License-Identifier: BSD-2-Clause
// The directives of the OP's role but slo_session: which handler answers, whose answers pass by.
#include "ngx_module/op/directives.h"

#include "ngx_module/config/conf.h"
#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/addresses.h"
#include "ngx_module/op/conf.h"

namespace slo::ngx {

Outcome<void> set_end_session(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_end_session>, {.hides = Hides::query}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).end_session_places.push_back(
      {.provider = &location.provider, .ctx = server_of(line), .location = &core_location(line)});
  know_way_back(line, &location.provider);
  return {};
}

Outcome<void> set_jwks_location(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_jwks>, {}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).jwks_places.push_back(
      {.provider = &location.provider, .ctx = server_of(line), .location = &core_location(line)});
  return {};
}

Outcome<void> set_learn(ConfLine& line) {
  auto& location = *static_cast<OpLocConf*>(line.conf);
  if (location.learns_for != nullptr) return bad_line("is duplicate");
  auto& rule = pool_new<LearnRule>(line.cf->pool);
  refer(line, line.words[0], &rule.provider);
  main_conf(line.cf).checks.push_back([&rule](ngx_conf_t* cf) {
    main_conf(cf).providers[rule.provider->index].needs_client_redirects = true;
    return NGX_OK;
  });
  location.learns_for = &rule;
  return {};
}

Outcome<void> set_publish(ConfLine& line) {
  auto& location = *static_cast<OpLocConf*>(line.conf);
  if (location.publishes_for != nullptr) return bad_line("is duplicate");
  auto& rule = pool_new<PublishRule>(line.cf->pool);
  refer(line, line.words[0], &rule.provider);
  location.publishes_for = &rule;
  tell_end_session(line, &rule.provider);
  main_conf(line.cf).checks.push_back([&rule](ngx_conf_t* cf) {
    main_conf(cf).providers[rule.provider->index].provider.adds_keys_to_op = true;
    return NGX_OK;
  });
  return {};
}

Outcome<void> set_discovery(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_discovery>, {}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  tell_end_session(line, &location.provider);
  auto& ours = *static_cast<OpLocConf*>(line.conf);
  main_conf(line.cf).checks.push_back([&ours, &location](ngx_conf_t* cf) {
    ours.jwks_uri = jwks_address(main_conf(cf), *location.provider);
    return NGX_OK;
  });
  return {};
}

// The frame is of the issuer's origin (Session Management 1.0, 3.3), whose cookies it reads.
Outcome<void> set_check_session(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_check_session>, {}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).checks.push_back([&location,
                                       its = ProviderPlace{.provider = &location.provider,
                                                           .ctx = server_of(line),
                                                           .location = &core_location(line)},
                                       at = place_of(line.cf)](ngx_conf_t* cf) -> ngx_int_t {
    ProviderConf& conf = main_conf(cf).providers[location.provider->index];
    conf.needs_client_redirects = true;
    conf.provider.check_session_iframe = address_of_location(its, conf);
    const char* why = conf.provider.session_cookies.empty()        ? "needs a \"session_cookie\""
                      : conf.provider.check_session_iframe.empty() ? "needs an exact or prefix location"
                                                                   : nullptr;
    if (why == nullptr) return NGX_OK;
    refuse_at(cf->log,
              std::string("\"slo_check_session\" directive ") + why + ", slo_provider \"" +
                  conf.provider.name + '"',
              at);
    return NGX_ERROR;
  });
  return {};
}

Outcome<void> set_session_status(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_session_status>, {}); !set) return set;
  auto& location = loc_conf(line.cf);
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).checks.push_back([&location, place = place_of(line.cf)](ngx_conf_t* cf) -> ngx_int_t {
    ProviderConf& conf = main_conf(cf).providers[location.provider->index];
    const Provider& provider = conf.provider;
    conf.needs_client_origins = true;
    if (!provider.session_cookies.empty()) return NGX_OK;
    refuse_at(cf->log,
              "\"slo_session_status\" directive needs a \"session_cookie\" in slo_provider \"" +
                  provider.name + "\": it is what a browser is known by",
              place);
    return NGX_ERROR;
  });
  return {};
}

}  // namespace slo::ngx
