// SPDX-License-Identifier: BSD-2-Clause
// Sweeps the expiry index of every issuer.
#include "ngx_module/op/expiry.h"

#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/store.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

constexpr ngx_msec_t sweep_interval = 1000;
constexpr unsigned max_swept = 100;  // sessions of one partition and sweep
constexpr Seconds sweep_lease{30};

}  // namespace

Expiry::Expiry(const MainConf& conf, ngx_log_t* log) : conf_(conf), log_(log) {
  timer_.owner = this;
  timer_.event.data = &timer_;
  timer_.event.handler = tick;
  timer_.event.log = log;
  timer_.event.cancelable = 1;
  if (ngx_worker == 0 && !conf.providers.empty()) arm();
}

Expiry::~Expiry() {
  if (timer_.event.timer_set) {
    ngx_del_timer(&timer_.event);
  }
}

void Expiry::arm() noexcept {
  ngx_add_timer(&timer_.event, sweep_interval + static_cast<ngx_msec_t>(ngx_random()) % 200);
}

void Expiry::tick(ngx_event_t* event) noexcept {
  Expiry& self = *static_cast<Timer*>(event->data)->owner;
  if (ngx_exiting || ngx_terminate) return;
  guarded(self.log_, [&self] { self.sweep(); });
  self.arm();
}

void Expiry::sweep() {
  if (!store()->is_up()) return;
  const std::string caller = nonce(this_moment(), 0);
  for (const auto& provider : conf_.providers) {
    for (std::uint16_t partition = 0; partition < redis::partitions; ++partition) {
      store()->submit_detached<std::vector<SessionKey>>(
          redis::claim_due(provider.space, partition, max_swept, sweep_lease, caller),
          [this, &provider](Outcome<std::vector<SessionKey>> due) {
            if (!due) return;  // the link has said why; the next sweep finds them again
            for (const auto& key : *due) end_due(provider, key);
          });
    }
  }
}

void Expiry::end_due(const ProviderConf& provider, const SessionKey& key) {
  const redis::EndTerms terms{.reason = "expired",
                              .only_if_due = true,
                              .tombstone = provider.provider.tombstone,
                              .lease = provider.provider.delivery.lease(),
                              .caller = nonce(this_moment(), 0)};
  store()->submit_detached<std::optional<redis::Ended>>(
      redis::end_session(provider.space, key, terms),
      [this, &provider, logout_id = terms.caller,
       begun = ngx_current_msec](Outcome<std::optional<redis::Ended>> ended) {
        if (!ended) return report(log_, ended.error(), provider.provider.name);
        if (!*ended || (*ended)->ending.already) return;
        count(Counter::sessions_expired);
        log_logout(
            log_, provider.provider, **ended,
            {.what = "ended", .reason = "expired", .logout_id = logout_id, .took = ngx_current_msec - begun});
        dispatcher()->send(provider, std::move((*ended)->owed));
      });
}

}  // namespace slo::ngx
