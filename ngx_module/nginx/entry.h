// SPDX-License-Identifier: BSD-2-Clause
// The wall: no exception passes from our code into nginx. The only place with a catch.
#pragma once

#include <exception>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

inline void report_unexpected(ngx_log_t* log, const std::exception& error) noexcept {
  ngx_log_error(NGX_LOG_CRIT, log, 0, "slo: unexpected: %s", error.what());
}

// Runs `work`, returning its value; on an exception logs one crit line and returns `otherwise`.
template <class Value, class Work>
Value guarded(ngx_log_t* log, Value otherwise, Work&& work) noexcept {
  try {
    return work();
  } catch (const std::exception& error) {
    report_unexpected(log, error);
  } catch (...) {
    ngx_log_error(NGX_LOG_CRIT, log, 0, "slo: unexpected exception");
  }
  return otherwise;
}

template <class Work>
void guarded(ngx_log_t* log, Work&& work) noexcept {
  guarded(log, 0, [&] { return work(), 0; });
}

// A content or phase handler: an exception becomes 500.
template <ngx_int_t (*Handler)(ngx_http_request_t&)>
ngx_int_t entry(ngx_http_request_t* r) noexcept {
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR),
                 [r] { return Handler(*r); });
}

}  // namespace slo::ngx
