// SPDX-License-Identifier: BSD-2-Clause
// The setters behind the directive table, by place: http level, slo_provider block, location.
#pragma once

#include "core/outcome.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct MainConf;

// Our own configuration contexts, in bits that nginx leaves free.
inline constexpr ngx_uint_t in_provider = 0x00100000;

// http level
Outcome<void> set_store(Line& line);
char* open_provider(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

// A member of slo_provider that has one value: the second one is refused in nginx's words.
Outcome<void> first_time(Line& line);
template <Setter setter>
Outcome<void> once(Line& line) {
  if (auto first = first_time(line); !first) return first;
  return setter(line);
}

// slo_provider block (line.conf is the MainConf, whose `opened` is the provider)
Outcome<void> set_issuer(Line& line);
Outcome<void> set_jwks(Line& line);
Outcome<void> set_signing_key(Line& line);
Outcome<void> set_decryption_key(Line& line);
Outcome<void> set_clients(Line& line);
char* open_client(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
// At the end of the block: what `clients` and `client` collected becomes the provider's clients.
char* read_sources(ngx_conf_t* cf, MainConf& main);
Outcome<void> set_session_cookie(Line& line);
Outcome<void> set_session(Line& line);
Outcome<void> set_confirm(Line& line);
Outcome<void> set_scope(Line& line);
Outcome<void> set_delivery(Line& line);
Outcome<void> set_frontchannel(Line& line);
Outcome<void> set_hint(Line& line);
Outcome<void> set_post_logout(Line& line);
Outcome<void> set_already_out(Line& line);
Outcome<void> set_show_untold(Line& line);
Outcome<void> set_bad_redirect(Line& line);
Outcome<void> set_allow_http(Line& line);
Outcome<void> set_tombstone(Line& line);
Outcome<void> set_leeway(Line& line);

// server and location (line.conf is the LocConf)
Outcome<void> set_end_session(Line& line);
Outcome<void> set_session_rule(Line& line);
Outcome<void> set_jwks_location(Line& line);
Outcome<void> set_deliver(Line& line);
Outcome<void> set_api(Line& line);
Outcome<void> set_status(Line& line);

}  // namespace slo::ngx
