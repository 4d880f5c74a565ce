// SPDX-License-Identifier: BSD-2-Clause
// Hands on what an ended session owes, and lets the request that ended it wait for the first answers.
#include "ngx_module/delivery/deliver_and_wait.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ngx_module/http/ask.h"
#include "ngx_module/http/participant_reading.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr Millis least_for_participants{100};  // to a store that answers, this is plenty

// What a request waits for: the receivers' first answers and, where it asked for them, the participants.
struct WaitForBoth {
  using Next = void (*)(ngx_http_request_t&, const std::vector<Told>&);
  WaitForBoth(ngx_http_request_t& request, Next its_next)
      : r(request), pending(hold_request(request)), next(its_next) {}

  ngx_http_request_t& r;
  PendingAsk& pending;
  Next next;
  std::optional<std::vector<Told>> told{};
  bool is_reading = false;
  std::optional<ParticipantReading> reading{};

  // The request may end in `next`, and this with it.
  void go_on_with_both() {
    if (!told || is_reading) return;
    const std::vector<Told> all = *std::exchange(told, std::nullopt);
    go_on(r, pending, [&request = r, go = next, &all] { go(request, all); });
  }
};

}  // namespace

Batch::Waiting deliver_and_wait(ngx_http_request_t& r, const ProviderConf& provider, redis::Ended& ended,
                                WaitLimits patience,
                                void (*next)(ngx_http_request_t&, const std::vector<Told>&)) {
  auto& wait = pool_new<WaitForBoth>(r.pool, r, next);
  auto batch = dispatcher()->dispatch(provider, std::move(ended.owed),
                                      {.time = patience.time, .told = [&wait](const std::vector<Told>& all) {
                                         wait.told = all;
                                         wait.go_on_with_both();
                                       }});
  if (patience.for_everyone && ended.ending.lacks_participants) {
    wait.is_reading = true;
    wait.reading.emplace(ngx_cycle->log, provider.space, ended.ending,
                         std::max(provider.provider.delivery.wait, least_for_participants), [&wait] {
                           wait.is_reading = false;
                           wait.go_on_with_both();
                         });
  }
  return batch;
}

}  // namespace slo::ngx
