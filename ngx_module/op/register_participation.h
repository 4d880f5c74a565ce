// SPDX-License-Identifier: BSD-2-Clause
// A registration finds its session and is stored: the one road that directive and API share.
#pragma once

#include <functional>

#include "core/outcome.h"
#include "core/session.h"
#include "ngx_module/config/conf.h"

namespace slo::ngx {

// Stores `registration` whatever becomes of the request that taught it. `failed` is called later, if it could
// not be. REQUIRES: there is a store().
using RegisterFailed = std::function<void(const Refusal&)>;
void register_soon(const ProviderConf& provider, Registration registration, const RegisterFailed& failed);

// The same for what was stored lately: only where its client does not take part in the session any more.
void register_if_missing(const ProviderConf& provider, Registration registration,
                         const RegisterFailed& failed);

}  // namespace slo::ngx
