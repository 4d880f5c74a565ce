// SPDX-License-Identifier: BSD-2-Clause
// How this host and its store are: read for slo_status and for the operators' page.
#pragma once

#include <cstddef>

#include "core/admin/status_page.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// What one exchange asks about: 192 commands each, and users wait behind them.
inline constexpr std::size_t max_providers_at_once = 16;

struct StatusReading {
  StatusReport report{};  // of all providers, in their order
  std::size_t told = 0;   // so many of them has the store answered
  std::size_t at_once = max_providers_at_once;
  void (*next)(ngx_http_request_t& r) = nullptr;
};

// Goes on with `next` when `report` is complete, or the store is away: at once where it is known to be.
// `reading` is in r's pool.
void read_status(ngx_http_request_t& r, StatusReading& reading, void (*next)(ngx_http_request_t& r));

}  // namespace slo::ngx
