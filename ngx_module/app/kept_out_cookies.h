// SPDX-License-Identifier: BSD-2-Clause
// Which of a request's tracked cookies its application does not see.
#pragma once

#include "ngx_module/app/cookie_look.h"

namespace slo::ngx::tracking {

// Cookies of other sessions than `session`, and of ended ones, go: they are kept from the application, and
// expired.
CookieVerdict keep_out(Look& look, const Evidence& session);

}  // namespace slo::ngx::tracking
