// SPDX-License-Identifier: BSD-2-Clause
// Which applications there are: each location's with its name, told to the providers whose sessions it joins.
#pragma once

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// The location that is being merged tells of sessions of this provider (slo_guard, slo_bind): where cookies
// are tracked there, its application takes part in them. `provider` is read when references are resolved.
void takes_part(ngx_conf_t* cf, const ProviderConf* const* provider);

// The location that is being merged expires cookies by itself: a logout button, a receiver of logouts.
void mark_door(ngx_conf_t* cf);

// A check of the whole configuration (MainConf::checks): tells every provider of its applications, and every
// location of its memberships; refuses a slo_app_logout that nobody would obey.
ngx_int_t settle_applications(ngx_conf_t* cf);

}  // namespace slo::ngx
