// SPDX-License-Identifier: BSD-2-Clause
// What the directives of all roles do alike in a location: answer there, name a provider, read a value.
#pragma once

#include <string>

#include "ngx_module/config/conf.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

ngx_http_core_loc_conf_t& core_location(ConfLine& line);
ngx_http_conf_ctx_t* server_of(ConfLine& line);

// `target` will be the provider of this name, when the whole configuration is read.
void refer(ConfLine& line, const std::string& name, const ProviderConf** target);

struct Answering {
  Hides hides = Hides::nothing;
  bool writes = false;  // slo_api write=on
};

// `handler` answers in the line's location. Refuses a location where another one does.
Outcome<void> answer_with(ConfLine& line, ngx_http_handler_pt handler, const Answering& how);

// A value with variables.
Outcome<void> compile(ConfLine& line, const std::string& value, ngx_http_complex_value_t& target);
Taker take_value(ConfLine& line, ngx_http_complex_value_t& target);

}  // namespace slo::ngx
