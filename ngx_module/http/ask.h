// SPDX-License-Identifier: BSD-2-Clause
// Sends an exchange on behalf of a request; the request goes on when the answer is there.
#pragma once

#include <utility>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {

// One question of one request, in its pool: a request that dies takes it along and leaves an empty handle.
struct PendingAsk {
  PendingReply pending{};
  const void* ctx = nullptr;  // whose question it is
  bool* gone = nullptr;       // set while the request goes on, which may be its end
  ~PendingAsk() {
    if (gone != nullptr) *gone = true;
  }
};

// While `r` waits, a client that goes away ends it.
PendingAsk& hold_request(ngx_http_request_t& r);
// Runs `next`, then what it posted. An exception becomes 500. Nothing is run for a request that is not ours
// any more: of one whose client has left nginx makes another one, where there is a post_action.
void go_on(ngx_http_request_t& r, PendingAsk& pending, const std::function<void()>& next) noexcept;

// Asks the worker's store and continues with `next`, never from inside this call. After it, do not touch `r`.
// REQUIRES: the request is held. A content handler: r.main->count was raised and NGX_DONE is returned, and
// `next` ends in ask() again or in ngx_http_finalize_request. A phase handler: it returns NGX_AGAIN or
// NGX_DONE, and `next` restores r.write_event_handler = ngx_http_core_run_phases and calls it. There is a
// slo_store: store() is not null. `next` throws, if at all, before it has ended the request.
template <class T>
void ask(ngx_http_request_t& r, redis::Exchange<T> exchange, Store::OnAnswer<T> next) {
  PendingAsk& pending = hold_request(r);
  pending.pending =
      store()->submit<T>(std::move(exchange), [&r, &pending, next = std::move(next)](Outcome<T> answer) {
        go_on(r, pending, [&] { next(std::move(answer)); });
      });
}
template <class T>
void ask(ngx_http_request_t& r, redis::Exchange<T> exchange, void (*next)(ngx_http_request_t&, Outcome<T>)) {
  ask<T>(r, std::move(exchange), [&r, next](Outcome<T> answer) { next(r, std::move(answer)); });
}

}  // namespace slo::ngx
