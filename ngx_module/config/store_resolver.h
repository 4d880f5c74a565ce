// SPDX-License-Identifier: BSD-2-Clause
// Who is asked for the store's name while nginx runs.
#pragma once

#include "ngx_module/config/conf.h"

namespace slo::ngx {

// The http block's "resolver", else the name servers of this system. Nobody, where the store has no name;
// sentinels may have names, and may name their servers so.
void choose_store_resolver(ngx_conf_t* cf, StoreConf& store);

// Is there anybody to ask? A resolver that nobody wrote has none, but on Angie, where it is the system's.
bool has_name_servers(const ngx_resolver_t* resolver);

}  // namespace slo::ngx
