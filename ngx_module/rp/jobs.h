// SPDX-License-Identifier: BSD-2-Clause
// What the relying party's role has in a worker: tokens seen, open requests, and what it has warned of.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>

#include "core/moment.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/evidence.h"
#include "ngx_module/rp/open_requests.h"

namespace slo::ngx {

// Of which providers it was said lately that nobody knows their end_session endpoint: once an hour each.
class MissingEndpoints {
 public:
  bool may_warn(std::size_t provider, TimeS now) {
    const auto [said, is_first] = said_.try_emplace(provider, now);
    if (!is_first && now - said->second < std::chrono::hours(1)) return false;
    said->second = now;
    return true;
  }

 private:
  std::map<std::size_t, TimeS> said_{};
};

struct RpJobs {
  RpJobs(const Marks& marks, ngx_log_t* log) : tokens(marks), open_requests(marks, log) {}

  TokenCache tokens;
  OpenRequests open_requests;
  MissingEndpoints missing_endpoints{};
};

// This process's; null where there are no marks().
RpJobs* rp_jobs() noexcept;

// REQUIRES: base's init_process, and its exit_process, have been called before.
ngx_int_t start_rp_jobs(ngx_cycle_t* cycle);
void stop_rp_jobs(ngx_cycle_t* cycle);

}  // namespace slo::ngx
