// SPDX-License-Identifier: BSD-2-Clause
// The TLS contexts of rediss:// and of sentinels: TLS 1.2 and up, who is called always verified.
#pragma once

#include "core/outcome.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

// Fills settings.ssl where settings.tls asks for it, and the sentinels' likewise. configuration_invalid where
// a file is unusable, or was given where there is no TLS.
Outcome<void> secure_store(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings);

}  // namespace slo::ngx
