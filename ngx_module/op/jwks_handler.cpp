// SPDX-License-Identifier: BSD-2-Clause
// What clients read: our public keys (slo_jwks), slo_discovery, and the frame of slo_check_session.
#include "core/admin/api.h"
#include "core/op/publishing.h"
#include "core/op/session_state.h"
#include "core/provider/provider.h"
#include "core/text/json.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/op/addresses.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/directives.h"

namespace slo::ngx {
namespace {

void refuse_to_write(ngx_http_request_t& r);
void show_keys(ngx_http_request_t& r);
void show_discovery(ngx_http_request_t& r);
void show_frame(ngx_http_request_t& r);

bool is_read(const ngx_http_request_t& r) { return r.method == NGX_HTTP_GET || r.method == NGX_HTTP_HEAD; }

}  // namespace

ngx_int_t handle_jwks(ngx_http_request_t& r) {
  return drop_body(r, is_read(r) ? show_keys : refuse_to_write);
}

ngx_int_t handle_discovery(ngx_http_request_t& r) {
  return drop_body(r, is_read(r) ? show_discovery : refuse_to_write);
}

ngx_int_t handle_check_session(ngx_http_request_t& r) {
  return drop_body(r, is_read(r) ? show_frame : refuse_to_write);
}

namespace {

void refuse_to_write(ngx_http_request_t& r) {
  respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"}));
}

void show_keys(ngx_http_request_t& r) {
  const Json keys = published_keys(loc_conf(r).provider->provider);
  respond(r, Page{.status = 200,
                  .content_type = "application/jwk-set+json",
                  .headers = {{"Cache-Control", "public, max-age=300"}},
                  .body = dump_json(keys.get())});
}

void show_discovery(ngx_http_request_t& r) {
  const ProviderConf& provider = *loc_conf(r).provider;
  respond(r, Page{.status = 200,
                  .content_type = "application/json",
                  .headers = {{"Cache-Control", "public, max-age=300"}},
                  .body = discovery_document(provider.provider, logout_support(provider),
                                             op_loc_conf(r).jwks_uri)});
}

void show_frame(ngx_http_request_t& r) { respond(r, check_session_page(loc_conf(r).provider->provider)); }

}  // namespace
}  // namespace slo::ngx
