// SPDX-License-Identifier: BSD-2-Clause
// slo_jwks: the public halves of our signing keys as a JWK set.
#include "core/admin/api.h"
#include "core/provider/provider.h"
#include "core/text/json.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/op/directives.h"

namespace slo::ngx {
namespace {

void refuse_to_write_keys(ngx_http_request_t& r);
void show_keys(ngx_http_request_t& r);

}  // namespace

ngx_int_t handle_jwks(ngx_http_request_t& r) {
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD) return drop_body(r, refuse_to_write_keys);
  return drop_body(r, show_keys);
}

namespace {

void refuse_to_write_keys(ngx_http_request_t& r) {
  respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"}));
}

void show_keys(ngx_http_request_t& r) {
  const Json keys = published_keys(loc_conf(r).provider->provider);
  respond(r, Page{.status = 200,
                  .content_type = "application/jwk-set+json",
                  .headers = {{"Cache-Control", "public, max-age=300"}},
                  .body = dump_json(keys.get())});
}

}  // namespace
}  // namespace slo::ngx
