// SPDX-License-Identifier: BSD-2-Clause
// What clients are told of us: what a logout does here, and under which addresses they find our locations.
#pragma once

#include <string>

#include "core/op/publishing.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// The line's provider will know its end_session_endpoint once all is read, or the configuration is refused.
// REQUIRES: refer() was called for `provider`.
void tell_end_session(ConfLine& line, const ProviderConf* const* provider);

// The same for a location that ends sessions, where its provider sends browsers to the OP's own logout and
// back.
void know_way_back(ConfLine& line, const ProviderConf* const* provider);

LogoutSupport logout_support(const ProviderConf& provider);

// Of one location; empty where it has none.
std::string address_of_location(const ProviderPlace& place, const ProviderConf& provider);

// Empty: no location of slo_jwks has one.
std::string jwks_address(const MainConf& conf, const ProviderConf& provider);

}  // namespace slo::ngx
