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

struct Visit {
  const ProviderConf* provider = nullptr;
  std::string_view result{};  // ended, already_over, unknown, asked, stayed, refused
  std::optional<Fault> fault{};
  std::string logout_id{};  // names this logout in logs
  std::string redirect{};   // registered post_logout_redirect_uri
  Incoming incoming{};
};

// The request's module context is its Visit: opened once by a content handler, found again by variables.
template <class T>
T& open_visit(ngx_http_request_t& r) {
  T& visit = pool_new<T>(r.pool);
  Visit* base = &visit;
  ngx_http_set_ctx((&r), base, ngx_http_slo_module);
  return visit;
}

template <class T>
T& visit_of(ngx_http_request_t& r) noexcept {
  return *static_cast<T*>(static_cast<Visit*>(ngx_http_get_module_ctx((&r), ngx_http_slo_module)));
}

// Null where no handler of ours answered; only meant for main requests (an errand's context is another).
inline const Visit* find_visit(const ngx_http_request_t& r) noexcept {
  if (&r != r.main) return nullptr;
  return static_cast<const Visit*>(ngx_http_get_module_ctx((&r), ngx_http_slo_module));
}

}  // namespace slo::ngx
