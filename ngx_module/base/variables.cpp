// SPDX-License-Identifier: BSD-2-Clause
// The getters of the variables that all roles share.
#include "ngx_module/base/variables.h"

#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/variable.h"

namespace slo::ngx {
namespace {

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

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) {
  for (const ngx_int_t added :
       {add_variable<result>(cf, ngx_string("slo_result")), add_variable<fault>(cf, ngx_string("slo_fault")),
        add_variable<logout_id>(cf, ngx_string("slo_logout_id")),
        add_variable<provider>(cf, ngx_string("slo_provider")),
        add_variable<post_logout_redirect_uri>(cf, ngx_string("slo_post_logout_redirect_uri")),
        add_variable<carried_uri>(cf, ngx_string("slo_deliver_uri"))}) {
    if (added != NGX_OK) return NGX_ERROR;
  }
  return NGX_OK;
}

}  // namespace slo::ngx
