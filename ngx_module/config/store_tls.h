// SPDX-License-Identifier: BSD-2-Clause
// The TLS context of rediss://: TLS 1.2 and up, the server always verified.
#pragma once

#include "core/outcome.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

// Fills settings.ssl where settings.tls asks for it. configuration_invalid where a file is unusable, or where
// ca=, certificate= or key= were given to a store without TLS.
Outcome<void> secure_store(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings);

}  // namespace slo::ngx
