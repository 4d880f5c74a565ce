// SPDX-License-Identifier: BSD-2-Clause
// $slo_logout_url: where the pages of an application find their logout button.
#include <algorithm>

#include "ngx_module/http/variable.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/logout_button.h"

namespace slo::ngx {
namespace {
namespace logout_url {  // names of this file alone, in unity builds too

const RpLocConf& server_conf(const ngx_http_request_t& r) noexcept {
  const auto* core =
      static_cast<ngx_http_core_srv_conf_t*>(ngx_http_get_module_srv_conf((&r), ngx_http_core_module));
  return *static_cast<const RpLocConf*>(core->ctx->loc_conf[ngx_http_slo_rp_module.ctx_index]);
}

// The first one of the server whose location has a path.
std::string_view path_for(const ngx_http_request_t& r) {
  const auto& guards = rp_loc_conf(r).guards;
  if (guards.empty()) return "";
  const auto& buttons = server_conf(r).buttons;
  const auto found = std::ranges::find_if(buttons, [&](const LogoutRule* rule) {
    return rule->provider == guards.front()->provider && !rule->path.empty();
  });
  return found == buttons.end() ? std::string_view("") : std::string_view((*found)->path);
}

}  // namespace logout_url
}  // namespace

ngx_int_t add_logout_url(ngx_conf_t* cf) {
  return add_variable<logout_url::path_for>(cf, ngx_string("slo_logout_url"));
}

}  // namespace slo::ngx
