// SPDX-License-Identifier: BSD-2-Clause
// What nginx's own auth_basic does in a location.
#include "ngx_module/config/auth_basic.h"

#include <string_view>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

struct AuthBasic {
  ngx_http_complex_value_t* realm = nullptr;
  bool has_passwords = false;
};

// Its structure is private, but its table of directives says where it keeps what they set, and as what.
AuthBasic auth_basic_of(ngx_module_t** modules, void** loc_conf) noexcept {
  AuthBasic found;
  for (ngx_module_t** at = modules; *at != nullptr; ++at) {
    if (std::string_view((*at)->name) != "ngx_http_auth_basic_module") continue;
    auto* const kept = static_cast<u_char*>(loc_conf[(*at)->ctx_index]);
    for (const ngx_command_t* command = (*at)->commands; kept != nullptr && command->name.len > 0;
         ++command) {
      void* const word = *reinterpret_cast<void**>(kept + command->offset);
      if (word == nullptr || word == NGX_CONF_UNSET_PTR) continue;
      if (view(command->name) == "auth_basic_user_file") found.has_passwords = true;
      if (view(command->name) == "auth_basic" && command->set == ngx_http_set_complex_value_slot)
        found.realm = static_cast<ngx_http_complex_value_t*>(word);
    }
  }
  return found;
}

}  // namespace

bool may_ask_for_password(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& location) noexcept {
  const AuthBasic here = auth_basic_of(cf->cycle->modules, location.loc_conf);
  if (here.realm == nullptr || !here.has_passwords) return false;
  return here.realm->lengths != nullptr || view(here.realm->value) != "off";
}

bool has_verified_password(ngx_http_request_t& r) {
  const auto* core =
      static_cast<const ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf((&r), ngx_http_core_module));
  if (&r != r.main || core->satisfy != NGX_HTTP_SATISFY_ALL) return false;
  const AuthBasic here = auth_basic_of(ngx_cycle->modules, r.loc_conf);
  if (here.realm == nullptr || !here.has_passwords) return false;
  ngx_str_t realm{};
  return ngx_http_complex_value(&r, here.realm, &realm) == NGX_OK && view(realm) != "off";
}

}  // namespace slo::ngx
