// SPDX-License-Identifier: BSD-2-Clause
// Variables of ours: a getter each; all of them no-cacheable, for they change while a request walks.
#pragma once

#include <string_view>

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// The value; null data: there is none. It outlives the request, or lies in its pool.
using Getter = std::string_view (*)(const ngx_http_request_t&);

template <Getter get>
ngx_int_t variable(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) noexcept {
  const std::string_view text = guarded(r->connection->log, std::string_view{}, [r] { return get(*r); });
  value->valid = text.data() != nullptr;
  value->not_found = !value->valid;
  value->no_cacheable = 1;
  value->len = static_cast<unsigned>(text.size());
  value->data = reinterpret_cast<u_char*>(const_cast<char*>(text.data()));
  return NGX_OK;
}

// Called in preconfiguration.
template <Getter get>
ngx_int_t add_variable(ngx_conf_t* cf, ngx_str_t name) {
  ngx_http_variable_t* added = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
  if (added == nullptr) return NGX_ERROR;
  added->get_handler = variable<get>;
  return NGX_OK;
}

}  // namespace slo::ngx
