// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#pragma once

#include <vector>

#include "ngx_module/delivery/dispatcher.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct WaitLimits {
  Millis time{};              // at most so long for the receivers
  bool for_everyone = false;  // but in any case until all participants are known
};

// Continues with `next`, never from inside this call; with `for_everyone`, once `ended` has all participants,
// in order. The answer hangs on a batch, never on a subrequest of the user's request: a
// client that goes away leaves an empty handle, for its pool destroys the handle; the deliveries go on.
// REQUIRES: as for ask(); `ended` lives as long as the request.
[[nodiscard]] Dispatcher::PendingBatch deliver_and_wait(ngx_http_request_t& r, const ProviderConf& provider,
                                                        redis::Ended& ended, WaitLimits patience,
                                                        void (*next)(ngx_http_request_t&,
                                                                     const std::vector<Told>&));

}  // namespace slo::ngx
