// SPDX-License-Identifier: BSD-2-Clause
// The request's side of a question: who may end it meanwhile, and how it goes on.
#include "ngx_module/http/ask.h"

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

PendingAsk& hold_request(ngx_http_request_t& r) {
  PendingAsk& pending = pool_new<PendingAsk>(r.pool);
  pending.ctx = ngx_http_get_module_ctx((&r), ngx_http_slo_module);
  if (!r.discard_body)
    r.read_event_handler = ngx_http_test_reading;  // else nginx reads, and sees the end, too
  r.write_event_handler = ngx_http_request_empty_handler;
  // Should epoll not listen at the moment (it has been told to be silent, or never asked), a close would go
  // unseen.
  if (ngx_handle_read_event(r.connection->read, 0) != NGX_OK) {
    ngx_log_error(NGX_LOG_ALERT, r.connection->log, 0, "slo: a client that leaves will not be noticed");
  }
  return pending;
}

void go_on(ngx_http_request_t& r, PendingAsk& pending, const std::function<void()>& next) noexcept {
  if (ngx_http_get_module_ctx((&r), ngx_http_slo_module) != pending.ctx) return;
  ngx_connection_t* c = r.connection;  // outlives the request; nginx marks it destroyed
  ngx_http_set_log_request(c->log, &r);
  if (!r.discard_body) r.read_event_handler = ngx_http_block_reading;

  bool gone = false;
  pending.gone = &gone;
  const bool went = guarded(c->log, false, [&] { return next(), true; });
  if (!gone) {
    pending.gone = nullptr;
    if (!went) ngx_http_finalize_request(&r, NGX_HTTP_INTERNAL_SERVER_ERROR);
  }
  ngx_http_run_posted_requests(c);
}

}  // namespace slo::ngx
