// SPDX-License-Identifier: BSD-2-Clause
// Reads the arguments of slo_store into LinkSettings: redis://, rediss://, unix:, redis-sentinel://.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

// configuration_invalid with a sentence naming what is wrong and the remedy, never a secret.
// redis-cluster:// is refused by name: this version has no policy for it.
Outcome<LinkSettings> read_store_url(ngx_conf_t* cf, const StoreOptions& options);

}  // namespace slo::ngx
