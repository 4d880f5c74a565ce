// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#include "ngx_module/await.h"

#include <utility>

#include "ngx_module/worker.h"

namespace slo::ngx {

Courier::BatchSeat await(ngx_http_request_t& r, const ProviderConf& provider, redis::Ended& ended,
                         Patience patience, void (*next)(ngx_http_request_t&, const std::vector<Told>&)) {
  r.read_event_handler = ngx_http_test_reading;
  r.write_event_handler = ngx_http_request_empty_handler;
  auto& participants = ended.ending.session.participants;
  const auto meet = [&participants](const std::vector<Participant>& more) {
    participants.insert(participants.end(), more.begin(), more.end());
  };
  const auto go_on = [&r, &participants, next](const std::vector<Told>& told) {
    ngx_connection_t* connection = r.connection;
    order_by_joining(participants);
    next(r, told);
    ngx_http_run_posted_requests(connection);
  };
  return worker()->courier.dispatch(provider, std::move(ended.owed),
                                    {.time = patience.time,
                                     .for_everyone = patience.for_everyone,
                                     .met = patience.for_everyone ? Waiting::Met(meet) : nullptr,
                                     .told = go_on});
}

}  // namespace slo::ngx
