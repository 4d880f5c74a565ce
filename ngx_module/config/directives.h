// SPDX-License-Identifier: BSD-2-Clause
// The setters behind base's table, by place: http level, slo_provider block, location. Each role has its own.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct MainConf;

// Our own configuration contexts, in bits that nginx leaves free.
inline constexpr ngx_uint_t in_provider = 0x00100000;

// http level
Outcome<void> set_store(ConfLine& line);
char* open_provider(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

// A member of slo_provider that has one value: the second one is refused in nginx's words.
Outcome<void> first_time(ConfLine& line);
template <Setter setter>
Outcome<void> once(ConfLine& line) {
  if (auto first = first_time(line); !first) return first;
  return setter(line);
}

// slo_provider block (line.conf is the MainConf, whose `opened` is the provider)
Outcome<void> set_issuer(ConfLine& line);
Outcome<void> set_jwks(ConfLine& line);
Outcome<void> set_upstream_logout(ConfLine& line);
Outcome<void> set_signing_key(ConfLine& line);
Outcome<void> set_decryption_key(ConfLine& line);
Outcome<void> set_clients(ConfLine& line);
char* open_client(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
// At the end of the block: what `clients` and `client` collected becomes the provider's clients.
char* read_sources(ngx_conf_t* cf, MainConf& main);
Outcome<void> set_session_cookie(ConfLine& line);
Outcome<void> set_session(ConfLine& line);
Outcome<void> set_confirm(ConfLine& line);
Outcome<void> set_scope(ConfLine& line);
Outcome<void> set_delivery(ConfLine& line);
Outcome<void> set_frontchannel(ConfLine& line);
Outcome<void> set_hint(ConfLine& line);
Outcome<void> set_end_session_url(ConfLine& line);
Outcome<void> set_post_logout(ConfLine& line);
Outcome<void> set_already_out(ConfLine& line);
Outcome<void> set_show_untold(ConfLine& line);
Outcome<void> set_bad_redirect(ConfLine& line);
Outcome<void> set_allow_http(ConfLine& line);
Outcome<void> set_tombstone(ConfLine& line);
Outcome<void> set_leeway(ConfLine& line);
Outcome<void> set_client_id(ConfLine& line);
Outcome<void> set_client_secret_file(ConfLine& line);
Outcome<void> set_signing_alg(ConfLine& line);
Outcome<void> set_typ(ConfLine& line);
Outcome<void> set_exp(ConfLine& line);
Outcome<void> set_frontchannel_iss(ConfLine& line);
Outcome<void> set_retention(ConfLine& line);
Outcome<void> set_fail(ConfLine& line);
Outcome<void> set_max_stale(ConfLine& line);

// location
Outcome<void> set_deliver(ConfLine& line);

}  // namespace slo::ngx
