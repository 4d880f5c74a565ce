// SPDX-License-Identifier: BSD-2-Clause
// Sweeps the expiry index of every issuer.
#include "ngx_module/op/expiry.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

constexpr unsigned max_ending = 32;  // of one provider at a time; claimed, they end within milliseconds
constexpr std::uint16_t few = 4;     // partitions asked at a time where they are crowded
constexpr Seconds sweep_lease{30};

Millis next_sweep() { return Millis(1000 + ngx_random() % 200); }

}  // namespace

Expiry::Expiry(const MainConf& conf, ngx_log_t* log) : log_(log), tick_(log, [this] { tick(); }) {
  tick_.may_be_left();
  if (ngx_worker != 0 || conf.providers.empty()) return;
  for (const auto& provider : conf.providers) sweeps_.push_back({.provider = &provider});
  tick_.after(next_sweep());
}

void Expiry::tick() {
  if (ngx_exiting || ngx_terminate) return;
  tick_.after(next_sweep());
  for (Sweep& sweep : sweeps_) {
    sweep.unasked = redis::partitions;
    go_on(sweep);
  }
}

// Claims the next ones when half of the last have ended, so that Redis and we need not wait for each other.
// All partitions in a few steps where little is due; where much is, some in each, for a claim costs Redis
// more than one session more in it.
void Expiry::go_on(Sweep& sweep) {
  if (ngx_exiting || sweep.asked > 0 || sweep.ending > max_ending / 2 || !store()->is_up()) return;
  const unsigned room = max_ending - sweep.ending;
  const unsigned count =
      std::min<unsigned>(sweep.unasked, std::exchange(sweep.is_crowded, false) ? few : room);
  for (unsigned i = 0; i < count; ++i) ask(sweep, room / count);
}

void Expiry::ask(Sweep& sweep, unsigned limit) {
  const ProviderConf& provider = *sweep.provider;
  const std::uint16_t partition = sweep.next;
  sweep.next = static_cast<std::uint16_t>((partition + 1) % redis::partitions);
  --sweep.unasked;
  ++sweep.asked;
  store()->submit_detached<std::vector<SessionKey>>(
      redis::claim_due(provider.space, partition, limit, sweep_lease, nonce(this_moment(), 0)),
      [this, &sweep, limit](Outcome<std::vector<SessionKey>> due) {
        --sweep.asked;
        if (!due) {  // the store has said why; the next sweep finds them again
          sweep.unasked = 0;
          return;
        }
        if (due->size() >= limit) sweep.is_crowded = true, sweep.unasked = redis::partitions;
        for (const auto& key : *due) end_due(sweep, key);
        go_on(sweep);
      },
      Priority::background);
}

void Expiry::end_due(Sweep& sweep, const SessionKey& key) {
  const ProviderConf& provider = *sweep.provider;
  const bool is_ours = dispatcher()->has_room(provider);
  const redis::EndTerms terms{.reason = "expired",
                              .only_if_due = true,
                              .tombstone = provider.provider.tombstone,
                              .retention = provider.provider.retention,
                              .lease = is_ours ? provider.provider.delivery.lease() : Millis(0),
                              .caller = nonce(this_moment(), 0)};
  ++sweep.ending;
  store()->submit_detached<std::optional<redis::Ended>>(
      redis::end_session(provider.space, key, terms),
      [this, &sweep, is_ours, logout_id = terms.caller,
       begun = ngx_current_msec](Outcome<std::optional<redis::Ended>> end) {
        --sweep.ending;
        if (!end) {
          report(log_, end.error(), sweep.provider->provider.name);
        } else if (*end && !(*end)->ending.already) {
          ended(*sweep.provider, *std::move(*end), logout_id, begun, is_ours);
        }
        go_on(sweep);
      },
      Priority::background);
}

void Expiry::ended(const ProviderConf& provider, redis::Ended ended, const std::string& logout_id,
                   ngx_msec_t begun, bool is_ours) {
  count(Counter::sessions_expired);
  log_logout(
      log_, provider.provider, ended,
      {.what = "ended", .reason = "expired", .logout_id = logout_id, .took = ngx_current_msec - begun});
  if (is_ours) dispatcher()->send(provider, std::move(ended.owed));
}

}  // namespace slo::ngx
