// SPDX-License-Identifier: BSD-2-Clause
// The directives of servers and locations: which handler answers, which participation is registered.
#include "ngx_module/base/handlers.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"

namespace slo::ngx {
namespace {

LocConf& location_of(ConfLine& line) { return *static_cast<LocConf*>(line.conf); }

ngx_http_core_loc_conf_t& core_location(ConfLine& line) {
  return *static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(line.cf, ngx_http_core_module));
}

void refer(ConfLine& line, const std::string& name, const ProviderConf** target) {
  main_conf(line.cf).references.push_back({.name = name,
                                           .directive = line.directive,
                                           .file = std::string(view(line.cf->conf_file->file.name)),
                                           .line = line.cf->conf_file->line,
                                           .target = target});
}

ngx_http_conf_ctx_t* server_of(ConfLine& line) {
  return static_cast<ngx_http_core_srv_conf_t*>(
             ngx_http_conf_get_module_srv_conf(line.cf, ngx_http_core_module))
      ->ctx;
}

// The last content handler of a location wins, in silence: one in front of ours is refused here, one behind
// it when all is read (neighbours.h).
Outcome<void> answer_with(ConfLine& line, ngx_http_handler_pt handler, bool writes = false) {
  auto& location = core_location(line);
  if (location.handler == handler) return bad_line("is duplicate");
  if (location.handler != nullptr) {
    return bad_line(
        "cannot stand beside a directive that answers in the same location, such as \"proxy_pass\"");
  }
  location.handler = location_of(line).handler = handler;
  main_conf(line.cf).content_places.push_back({.location = &location,
                                               .server = server_of(line),
                                               .handler = handler,
                                               .directive = line.directive,
                                               .place = place_of(line.cf),
                                               .writes = writes});
  return {};
}

Outcome<void> compile(ConfLine& line, const std::string& value, ngx_http_complex_value_t& target) {
  ngx_str_t source = to_ngx(line.cf->pool, value);
  ngx_http_compile_complex_value_t compiler{};
  compiler.cf = line.cf;
  compiler.value = &source;
  compiler.complex_value = &target;
  if (ngx_http_compile_complex_value(&compiler) != NGX_OK) return bad_line("invalid value \"" + value + "\"");
  return {};
}

bool is_regex([[maybe_unused]] const ngx_http_core_loc_conf_t& location) {
#if (NGX_PCRE)
  return location.regex != nullptr;
#else
  return false;
#endif
}

Taker take_value(ConfLine& line, ngx_http_complex_value_t& target) {
  return [&line, &target](const std::string& value) { return compile(line, value, target); };
}

}  // namespace

Outcome<void> set_end_session(ConfLine& line) {
  auto& location = location_of(line);
  if (auto set = answer_with(line, entry<handle_end_session>); !set) return set;
  location.hides = Hides::query;
  refer(line, line.words[0], &location.provider);
  main_conf(line.cf).end_session_places.push_back({.provider = &location.provider, .ctx = server_of(line)});
  return {};
}

Outcome<void> set_jwks_location(ConfLine& line) {
  if (auto set = answer_with(line, entry<handle_jwks>); !set) return set;
  refer(line, line.words[0], &location_of(line).provider);
  return {};
}

Outcome<void> set_session_rule(ConfLine& line) {
  auto& location = location_of(line);
  if (line.words.size() == 1 && line.words[0] == "off") {
    location.session_off = true;
    return {};
  }
  auto& rule = pool_new<SessionRule>(line.cf->pool);
  std::string cookie;
  auto taken = take_options(line.words, 1,
                            {{"client", take_value(line, rule.client)},
                             {"sid", take_value(line, rule.sid)},
                             {"sub", take_value(line, rule.sub)},
                             {"cookie",
                              [&](const std::string& value) {
                                cookie = value;
                                return compile(line, value, rule.cookie);
                              }},
                             {"client_sub", take_value(line, rule.client_sub)},
                             {"client_sid", take_value(line, rule.client_sid)},
                             {"client_no_sid", take_value(line, rule.client_no_sid)}});
  if (!taken) return taken;
  if (rule.client.value.data == nullptr || rule.sub.value.data == nullptr) {
    return bad_line("needs \"client=\" and \"sub=\"");
  }
  refer(line, line.words[0], &rule.provider);
  main_conf(line.cf).session_rules.push_back({.rule = &rule,
                                              .cookie = cookie,
                                              .file = std::string(view(line.cf->conf_file->file.name)),
                                              .line = line.cf->conf_file->line});
  location.session_rules.push_back(&rule);
  return {};
}

Outcome<void> set_deliver(ConfLine& line) {
  const auto& location = core_location(line);
  if (!location.exact_match)
    return bad_line("needs a location with \"=\", as in \"location = /_slo/deliver\"");
  const auto& file = *line.cf->conf_file;
  main_conf(line.cf).delivery_locations.push_back(
      {.ctx = server_of(line),
       .uri = location.name,
       .location = &core_location(line),
       .place = std::string(view(file.file.name)) + ":" + std::to_string(file.line)});
  return {};
}

Outcome<void> set_api(ConfLine& line) {
  bool& write = location_of(line).api_write;
  if (line.words == std::vector<std::string>{"write"}) {
    return bad_line("invalid parameter \"write\", write \"write=on\"");
  }
  auto taken = take_options(line.words, 0, {{"write", take_choice(write, {{"on", true}, {"off", false}})}});
  if (!taken) return taken;
  location_of(line).hides = Hides::path;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  const auto& location = core_location(line);
  if (location.exact_match || location.named || is_regex(location)) {
    return bad_line("needs a location with a prefix, as in \"location /slo/\": its resources are below it");
  }
  return answer_with(line, entry<handle_api>, write);
}

Outcome<void> set_status(ConfLine& line) {
  auto taken = take_options(
      line.words, 0,
      {{"format", take_choice(location_of(line).status_format,
                              {{"prometheus", StatusFormat::prometheus}, {"json", StatusFormat::json}})}});
  if (!taken) return taken;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  return answer_with(line, entry<handle_status>);
}

}  // namespace slo::ngx
