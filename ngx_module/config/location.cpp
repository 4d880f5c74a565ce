// SPDX-License-Identifier: BSD-2-Clause
// What the directives of all roles do alike in a location, and what is remembered of it for the final checks.
#include "ngx_module/config/location.h"

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

ngx_http_core_loc_conf_t& core_location(ConfLine& line) {
  return *static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(line.cf, ngx_http_core_module));
}

ngx_http_conf_ctx_t* server_of(ConfLine& line) {
  return static_cast<ngx_http_core_srv_conf_t*>(
             ngx_http_conf_get_module_srv_conf(line.cf, ngx_http_core_module))
      ->ctx;
}

void refer(ConfLine& line, const std::string& name, const ProviderConf** target) {
  main_conf(line.cf).references.push_back({.name = name,
                                           .directive = line.directive,
                                           .file = std::string(view(line.cf->conf_file->file.name)),
                                           .line = line.cf->conf_file->line,
                                           .target = target});
}

// The last content handler of a location wins, in silence: one in front of ours is refused here, one behind
// it when all is read (neighbours.h).
Outcome<void> answer_with(ConfLine& line, ngx_http_handler_pt handler, const Answering& how) {
  auto& location = core_location(line);
  if (location.handler == handler) return bad_line("is duplicate");
  if (location.handler != nullptr) {
    return bad_line(
        "cannot stand beside a directive that answers in the same location, such as \"proxy_pass\"");
  }
  auto& ours = loc_conf(line.cf);
  location.handler = ours.handler = handler;
  ours.hides = how.hides;
  main_conf(line.cf).content_places.push_back({.location = &location,
                                               .server = server_of(line),
                                               .handler = handler,
                                               .directive = line.directive,
                                               .place = place_of(line.cf),
                                               .writes = how.writes});
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

Taker take_value(ConfLine& line, ngx_http_complex_value_t& target) {
  return [&line, &target](const std::string& value) { return compile(line, value, target); };
}

}  // namespace slo::ngx
