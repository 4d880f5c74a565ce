// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#include "ngx_module/delivery/deliver_and_wait.h"

#include <utility>

#include "ngx_module/http/ask.h"

namespace slo::ngx {

Dispatcher::PendingBatch deliver_and_wait(ngx_http_request_t& r, const ProviderConf& provider,
                                          redis::Ended& ended, WaitLimits patience,
                                          void (*next)(ngx_http_request_t&, const std::vector<Told>&)) {
  PendingAsk& pending = hold_request(r);
  auto& participants = ended.ending.session.participants;
  const auto meet = [&participants](const std::vector<Participant>& more) {
    participants.insert(participants.end(), more.begin(), more.end());
  };
  const auto told = [&r, &pending, &participants, next](const std::vector<Told>& all) {
    go_on(r, pending, [&] {
      order_by_joining(participants);
      next(r, all);
    });
  };
  return dispatcher()->dispatch(provider, std::move(ended.owed),
                                {.time = patience.time,
                                 .for_everyone = patience.for_everyone,
                                 .met = patience.for_everyone ? BatchListener::Met(meet) : nullptr,
                                 .told = told});
}

}  // namespace slo::ngx
