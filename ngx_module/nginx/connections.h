// SPDX-License-Identifier: BSD-2-Clause
// How many of worker_connections calls of ours may have: clients need some as well.
#pragma once

#include <algorithm>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// `wanted`, or two thirds of all, at least 1.
inline unsigned connections_for_calls(unsigned wanted) {
  const ngx_uint_t all = ngx_cycle->connection_n;
  const auto most = static_cast<unsigned>(std::min<ngx_uint_t>(all / 3 * 2, 1U << 20));
  return std::clamp(wanted, 1U, std::max(1U, most));
}

// Is there one for another call, beside those that have begun and will yet take theirs? An eighth is kept for
// clients; but however few there are, the only call of all gets through.
inline bool has_connection_for_call(std::size_t begun, bool is_only_one) {
  const ngx_uint_t reserve = std::max<ngx_uint_t>(8, ngx_cycle->connection_n / 8);
  return ngx_cycle->free_connection_n > (is_only_one ? 1 : reserve + begun);
}

}  // namespace slo::ngx
