// SPDX-License-Identifier: BSD-2-Clause
// What only the OP's role keeps of a location: which participations its answers tell of.
#pragma once

#include <string>
#include <vector>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

extern "C" ngx_module_t ngx_http_slo_op_module;

namespace slo::ngx {

// slo_session: the participation that these values describe.
struct SessionRule {
  const ProviderConf* provider = nullptr;
  ngx_http_complex_value_t client{}, sid{}, sub{}, client_sub{}, client_sid{}, client_no_sid{};
  ngx_http_complex_value_t cookie{};  // not set: the provider's session_cookie, as the browser will have it
};

// slo_learn: whose ID Tokens the answers hold.
struct LearnRule {
  const ProviderConf* provider = nullptr;
};

// slo_publish: whose documents pass by.
struct PublishRule {
  const ProviderConf* provider = nullptr;
};

struct OpLocConf {
  std::vector<SessionRule*> session_rules{};
  bool session_off = false;
  const LearnRule* learns_for = nullptr;
  const PublishRule* publishes_for = nullptr;
  std::string jwks_uri{};  // that slo_discovery tells; empty: none
};

inline const OpLocConf& op_loc_conf(const ngx_http_request_t& r) noexcept {
  return *static_cast<const OpLocConf*>(ngx_http_get_module_loc_conf((&r), ngx_http_slo_op_module));
}

}  // namespace slo::ngx
