// SPDX-License-Identifier: BSD-2-Clause
// The variables, one getter each; all of them no-cacheable, for they change while a request walks.
#include "ngx_module/base/variables.h"

#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

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

std::string_view result(const ngx_http_request_t& r) {
  const RequestCtx* ctx = find_ctx(r);
  return ctx == nullptr || ctx->result.empty() ? std::string_view{} : ctx->result;
}

std::string_view fault(const ngx_http_request_t& r) {
  const RequestCtx* ctx = find_ctx(r);
  return ctx == nullptr || !ctx->fault ? std::string_view{} : describe(*ctx->fault).name;
}

std::string_view logout_id(const ngx_http_request_t& r) {
  const RequestCtx* ctx = find_ctx(r);
  return ctx == nullptr || ctx->logout_id.empty() ? std::string_view{} : std::string_view(ctx->logout_id);
}

std::string_view provider(const ngx_http_request_t& r) {
  const RequestCtx* ctx = find_ctx(r);
  if (ctx != nullptr && ctx->provider != nullptr) return ctx->provider->provider.name;
  const auto* configured = loc_conf(r).provider;
  return configured == nullptr ? std::string_view{} : std::string_view(configured->provider.name);
}

std::string_view post_logout_redirect_uri(const ngx_http_request_t& r) {
  const RequestCtx* ctx = find_ctx(r);
  return ctx == nullptr || ctx->redirect.empty() ? std::string_view{} : std::string_view(ctx->redirect);
}

std::string_view carried_uri(const ngx_http_request_t& r) { return deliver_uri(r); }

struct Row {
  ngx_str_t name;
  ngx_http_get_variable_pt get;
};

Row rows[] = {
    {ngx_string("slo_result"), variable<result>},
    {ngx_string("slo_fault"), variable<fault>},
    {ngx_string("slo_logout_id"), variable<logout_id>},
    {ngx_string("slo_provider"), variable<provider>},
    {ngx_string("slo_post_logout_redirect_uri"), variable<post_logout_redirect_uri>},
    {ngx_string("slo_deliver_uri"), variable<carried_uri>},
};

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) {
  for (auto& row : rows) {
    ngx_http_variable_t* added = ngx_http_add_variable(cf, &row.name, NGX_HTTP_VAR_NOCACHEABLE);
    if (added == nullptr) return NGX_ERROR;
    added->get_handler = row.get;
  }
  return NGX_OK;
}

}  // namespace slo::ngx
