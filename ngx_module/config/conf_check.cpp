// SPDX-License-Identifier: BSD-2-Clause
// Looks at what only the whole configuration shows: keys that will not do what they were meant for.
#include "ngx_module/config/conf_check.h"

#include "core/op/key_names.h"

namespace slo::ngx {
// Only what clients would stumble over: the configuration is right in itself.
void warn_of_key_names(ngx_conf_t* cf, const ProviderConf& conf) {
  for (const KeyWarning& warning : warn_of_names(conf.provider)) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "\"signing_key\" of slo_provider \"%s\" %s in %s",
                  conf.provider.name.c_str(), warning.why.c_str(),
                  conf.signing_key_places.at(warning.signing_key).c_str());
  }
}

}  // namespace slo::ngx
