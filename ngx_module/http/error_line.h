// SPDX-License-Identifier: BSD-2-Clause
// Whom an error log line is about, from what a server calls the log handler of a request with.
#pragma once

#include <cstddef>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

using LogHandler = decltype(ngx_http_request_t::log_handler);  // nginx and Angie declare different ones

struct ErrorLine {
  ngx_http_request_t* main;
  ngx_http_request_t* shown;  // itself, or a subrequest of it
};

// nginx
inline ErrorLine error_line(ngx_http_request_t* main, ngx_http_request_t* shown, u_char* /*buffer*/,
                            std::size_t /*room*/) noexcept {
  return {main, shown};
}

// Angie
inline ErrorLine error_line(ngx_log_t* /*log*/, u_char* /*buffer*/, u_char* /*end*/, void* context) noexcept {
  const auto* of_log = static_cast<const ngx_http_log_ctx_t*>(context);
  return {of_log->request, of_log->current_request};
}

}  // namespace slo::ngx
