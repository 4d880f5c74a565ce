// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#include "ngx_module/delivery/deliver_and_wait.h"

#include <utility>

#include "ngx_module/base/worker.h"
#include "ngx_module/http/ask.h"

namespace slo::ngx {

Courier::BatchSeat await(ngx_http_request_t& r, const ProviderConf& provider, redis::Ended& ended,
                         Patience patience, void (*next)(ngx_http_request_t&, const std::vector<Told>&)) {
  Asked& asked = sit_down(r);
  auto& participants = ended.ending.session.participants;
  const auto meet = [&participants](const std::vector<Participant>& more) {
    participants.insert(participants.end(), more.begin(), more.end());
  };
  const auto told = [&r, &asked, &participants, next](const std::vector<Told>& all) {
    go_on(r, asked, [&] {
      order_by_joining(participants);
      next(r, all);
    });
  };
  return worker()->courier.dispatch(provider, std::move(ended.owed),
                                    {.time = patience.time,
                                     .for_everyone = patience.for_everyone,
                                     .met = patience.for_everyone ? Waiting::Met(meet) : nullptr,
                                     .told = told});
}

}  // namespace slo::ngx
