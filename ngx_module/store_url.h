// SPDX-License-Identifier: BSD-2-Clause
// Reads the arguments of slo_store into LinkSettings: redis://, rediss://, unix:. Contacts nobody but the
// resolver.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome.h"
#include "ngx_module/redis_link.h"

namespace slo::ngx {

// redis://[user[:password]@]host[:port][/db] · rediss://… · unix:/path[:db] · redis+unix is not a thing here.
struct StoreOptions {
  std::string url{};
  std::string user{};
  std::string password_file{};
  std::string ca{}, certificate{}, key{};
  Millis timeout{1000};
  std::string prefix = "slo";
};

// configuration_invalid with a sentence naming what is wrong and the remedy, never a secret.
// redis-sentinel:// and redis-cluster:// are refused by name: this version has no policy for them.
Outcome<LinkSettings> read_store_url(ngx_conf_t* cf, const StoreOptions& options);

}  // namespace slo::ngx
