// SPDX-License-Identifier: BSD-2-Clause
// The connection of a request that has no client: no descriptor, our own memory, no worker_connections slot.
//
// nginx never gets to close it (that would log an alert): the initial reference to the request stays ours.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct NoClient {
  NoClient() = default;
  NoClient(const NoClient&) = delete;
  ~NoClient() { close(); }

  // Everything is logged to `line`, whose owner outlives this; requests live in the server of `ctx`.
  void prepare(ngx_log_t& line, ngx_http_conf_ctx_t* ctx) noexcept;
  // The one request: a POST, so far without anything in it. Null: no memory.
  ngx_http_request_t* make_request() noexcept;
  // Frees the request, whatever it is waiting for.
  void close() noexcept;

  ngx_connection_t connection{};
  ngx_http_request_t* request = nullptr;

 private:
  ngx_event_t read_{}, write_{};
  ngx_http_connection_t http_connection_{};
};

}  // namespace slo::ngx
