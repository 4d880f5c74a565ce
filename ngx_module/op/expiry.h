// SPDX-License-Identifier: BSD-2-Clause
// Claims sessions that are due and ends them, so that an expired session is a logout that everybody hears of.
//
// One worker per host sweeps, once a second; a claim is a lease, so hosts may sweep side by side and a crash
// between claim and end only delays. However many are due, a few are claimed at a time, the next ones when
// those have ended, and what they owe is taken along only while there is room for it: else it is queued in
// the store, for whichever worker has room first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/session.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

class Expiry {
 public:
  Expiry(const MainConf& conf, ngx_log_t* log);
  Expiry(const Expiry&) = delete;

 private:
  // What this second's pass over the partitions of a provider has done so far.
  struct Sweep {
    const ProviderConf* provider = nullptr;
    std::uint16_t next = 0;     // partition
    std::uint16_t unasked = 0;  // partitions, from there on
    unsigned asked = 0;         // partitions whose answer is awaited
    unsigned ending = 0;        // sessions claimed and not ended yet
    bool is_crowded = false;    // a partition had more than it was asked for
  };

  void tick();
  void go_on(Sweep& sweep);
  void ask(Sweep& sweep, unsigned limit);
  void end_due(Sweep& sweep, const SessionKey& key);
  void ended(const ProviderConf& provider, redis::Ended ended, const std::string& logout_id, ngx_msec_t begun,
             bool is_ours);

  ngx_log_t* log_;
  std::vector<Sweep> sweeps_{};
  Event tick_;
};

}  // namespace slo::ngx
