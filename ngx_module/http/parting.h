// SPDX-License-Identifier: BSD-2-Clause
// What is still to be said of a request when it goes, answered or not.
#pragma once

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

// Calls `last(r, ctx)` once, when `r` is over: before its access log line is written, while its own lines
// still say client and request. A client that leaves while his request waits ends it without any other call
// of ours. REQUIRES: `ctx` is in r's pool (an internal redirect makes nginx forget it, so it is not looked
// up again).
template <auto last, class T>
void at_parting(ngx_http_request_t& r, T& ctx) {
  struct Parting {
    ngx_http_request_t* r;
    T* ctx;
  };
  ngx_http_cleanup_t* slot = ngx_http_cleanup_add(&r, sizeof(Parting));
  if (slot == nullptr) throw std::bad_alloc();
  *static_cast<Parting*>(slot->data) = {.r = &r, .ctx = &ctx};
  slot->handler = [](void* data) noexcept {
    const auto& parting = *static_cast<Parting*>(data);
    guarded(parting.r->connection->log, [&] { last(*parting.r, *parting.ctx); });
  };
}

}  // namespace slo::ngx
