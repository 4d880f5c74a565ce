// SPDX-License-Identifier: BSD-2-Clause
// slo_api and slo_status: which handler answers, and how.
#include "ngx_module/admin/directives.h"

#include <string>
#include <string_view>
#include <vector>

#include "ngx_module/admin/conf.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

AdminLocConf& location_of(ConfLine& line) { return *static_cast<AdminLocConf*>(line.conf); }

bool is_regex([[maybe_unused]] const ngx_http_core_loc_conf_t& location) {
#if (NGX_PCRE)
  return location.regex != nullptr;
#else
  return false;
#endif
}

// The names of a server that writes. nginx forgets them when the configuration is read. Patterns are left
// out: what they match may be anybody's.
void keep_names(ngx_conf_t* cf, const ngx_http_conf_ctx_t& ctx) {
  const auto* server = static_cast<ngx_http_core_srv_conf_t*>(ctx.srv_conf[ngx_http_core_module.ctx_index]);
  auto& conf =
      *static_cast<AdminMainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_slo_admin_module));
  auto& names = conf.own_names[server];
  if (!names.empty()) return;
  const auto* each = static_cast<const ngx_http_server_name_t*>(server->server_names.elts);
  for (ngx_uint_t i = 0; i < server->server_names.nelts; ++i) {
    const std::string_view name = view(each[i].name);
#if (NGX_PCRE)
    if (each[i].regex != nullptr) continue;
#endif
    if (!name.empty() && !name.starts_with('.') && name.find('*') == std::string_view::npos)
      names.emplace_back(name);
  }
}

}  // namespace

Outcome<void> set_api(ConfLine& line) {
  bool& write = location_of(line).api_write;
  if (line.words == std::vector<std::string>{"write"}) {
    return bad_line("invalid parameter \"write\", write \"write=on\"");
  }
  auto taken = take_options(line.words, 0, {{"write", take_choice(write, {{"on", true}, {"off", false}})}});
  if (!taken) return taken;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  const auto& location = core_location(line);
  if (location.exact_match || location.named || is_regex(location)) {
    return bad_line("needs a location with a prefix, as in \"location /slo/\": its resources are below it");
  }
  if (write) {
    main_conf(line.cf).checks.emplace_back(
        [&server = *server_of(line)](ngx_conf_t* cf) { return keep_names(cf, server), NGX_OK; });
  }
  return answer_with(line, entry<handle_api>, {.hides = Hides::path, .writes = write});
}

Outcome<void> set_status(ConfLine& line) {
  auto taken = take_options(
      line.words, 0,
      {{"format", take_choice(location_of(line).status_format,
                              {{"prometheus", StatusFormat::prometheus}, {"json", StatusFormat::json}})}});
  if (!taken) return taken;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  return answer_with(line, entry<handle_status>, {});
}

}  // namespace slo::ngx
