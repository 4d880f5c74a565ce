// SPDX-License-Identifier: BSD-2-Clause
// What is to be registered at OPs: the addresses of our locations, told at every start.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/conf.h"

namespace slo::ngx {

// The location of the line, under this name in OpenID Connect's client metadata; or `address` in its place.
void to_be_registered(ConfLine& line, std::string_view member, const ProviderConf* const* provider,
                      std::string address = {});

// Its path; empty for a regular expression, a name, or what is internal.
std::string path_of(const ngx_http_core_loc_conf_t& location);

// `slo: register at the OP of slo_provider "corp": backchannel_logout_uri https://app.example.com/slo/back`,
// a line for each that has an address. Not at `nginx -t`.
ngx_int_t tell_registrations(ngx_cycle_t* cycle);

}  // namespace slo::ngx
