// SPDX-License-Identifier: BSD-2-Clause
// The small bag a request carries between two doors, and what of it the variables show.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/fault.h"
#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

using WithBody = void (*)(ngx_http_request_t& r, Outcome<std::string> body);

// A body on its way in: body.cpp's.
struct Incoming {
  std::string bytes{};
  WithBody next = nullptr;
};

struct RequestCtx {
  const ProviderConf* provider = nullptr;
  std::string_view result{};  // ended, already_over, unknown, asked, stayed, refused
  std::optional<Fault> fault{};
  std::string logout_id{};  // names this logout in logs
  std::string redirect{};   // registered post_logout_redirect_uri
  Incoming incoming{};
};

// The request's module context is its RequestCtx: opened once by a content handler, found again by variables.
template <class T>
T& open_ctx(ngx_http_request_t& r) {
  T& ctx = pool_new<T>(r.pool);
  RequestCtx* base = &ctx;
  ngx_http_set_ctx((&r), base, ngx_http_slo_module);
  return ctx;
}

template <class T>
T& ctx_of(ngx_http_request_t& r) noexcept {
  return *static_cast<T*>(static_cast<RequestCtx*>(ngx_http_get_module_ctx((&r), ngx_http_slo_module)));
}

// Null where no handler of ours answered; only meant for main requests (a detached call's context is
// another).
inline const RequestCtx* find_ctx(const ngx_http_request_t& r) noexcept {
  if (&r != r.main) return nullptr;
  return static_cast<const RequestCtx*>(ngx_http_get_module_ctx((&r), ngx_http_slo_module));
}

}  // namespace slo::ngx
