// SPDX-License-Identifier: BSD-2-Clause
// What the OP's role keeps for a request whose answer it holds: each filter's own, under one module context.
#pragma once

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/conf.h"

namespace slo::ngx {

struct LearnCtx;
struct PublishCtx;

struct OpCtx {
  LearnCtx* learns = nullptr;
  PublishCtx* publishes = nullptr;
};

// Null as well where the request has gone another way since: to a post_action.
inline OpCtx* find_op_ctx(const ngx_http_request_t& r) noexcept {
  return static_cast<OpCtx*>(ngx_http_get_module_ctx((&r), ngx_http_slo_op_module));
}

inline OpCtx& open_op_ctx(ngx_http_request_t& r) {
  if (OpCtx* open = find_op_ctx(r)) return *open;
  OpCtx& ctx = pool_new<OpCtx>(r.pool);
  ngx_http_set_ctx((&r), &ctx, ngx_http_slo_op_module);
  return ctx;
}

}  // namespace slo::ngx
