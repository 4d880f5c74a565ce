// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#pragma once

#include <vector>

#include "ngx_module/delivery/dispatcher.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct WaitLimits {
  Millis time{};  // at most so long for the receivers
  // And for the store to name all participants, where the session came without them.
  bool for_everyone = false;
};

// Continues with `next`, never from inside this call; with `for_everyone`, `ended` has all participants then,
// in order, or says that it lacks some: the store has `wait` of `delivery` for them, or 100 ms where that is
// less. Neither waits for the other, nor for any receiver beyond its time. The answer hangs on a batch, never
// on a subrequest of the user's request: a client that goes away leaves an empty handle, for its pool
// destroys the handle; the deliveries go on. REQUIRES: as for ask(); `ended` lives as long as the request.
[[nodiscard]] Batch::Waiting deliver_and_wait(ngx_http_request_t& r, const ProviderConf& provider,
                                              redis::Ended& ended, WaitLimits patience,
                                              void (*next)(ngx_http_request_t&, const std::vector<Told>&));

}  // namespace slo::ngx
