// SPDX-License-Identifier: BSD-2-Clause
// A lesson finds its session and is stored: the one road that directive and API share.
#pragma once

#include <functional>

#include "core/outcome.h"
#include "core/session.h"
#include "ngx_module/conf.h"

namespace slo::ngx {

// Stores `lesson` whatever becomes of the request that taught it. `failed` is called later, if it could not
// be.
void remember_soon(const ProviderConf& provider, Lesson lesson,
                   const std::function<void(const Refusal&)>& failed);

}  // namespace slo::ngx
