// SPDX-License-Identifier: BSD-2-Clause
// Handlers of nginx's own modules, which have no name for others: found where they stand, or by what they do.
#pragma once

#include <string_view>
#include <vector>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Null: nginx has no such module, built in or loaded.
const ngx_module_t* find_module(ngx_conf_t* cf, std::string_view name);

// A directive of nginx's own that answers in a location, with a value that it takes.
struct Answerer {
  const char* module;
  const char* directive;
  const char* value;
};

// The handler that it installs. Null: there is no such module.
ngx_http_handler_pt handler_of(ngx_conf_t* cf, const Answerer& answerer);

// These REQUIRE that nginx's own modules have installed their handlers, as they have in any postconfiguration
// of ours. The handler of the rewrite module; null: there is none.
ngx_http_handler_pt find_rewrite(ngx_conf_t* cf);
// Those of mirror and try_files, of which a subrequest meets the last alone.
std::vector<ngx_http_handler_pt> find_try_files(ngx_conf_t* cf);
// Those that ask a cache before they ask anybody.
std::vector<ngx_http_handler_pt> find_caching(ngx_conf_t* cf);

}  // namespace slo::ngx
