// SPDX-License-Identifier: BSD-2-Clause
// slo_jwks: the public halves of our signing keys as a JWK set.
#include "core/provider.h"
#include "core/text/json.h"
#include "ngx_module/conf.h"
#include "ngx_module/handlers.h"
#include "ngx_module/respond.h"

namespace slo::ngx {

ngx_int_t handle_jwks(ngx_http_request_t& r) {
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD) return NGX_HTTP_NOT_ALLOWED;
  if (const ngx_int_t rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;
  const Json keys = published_keys(loc_conf(r).provider->provider);
  return send(r, Page{.status = 200,
                      .content_type = "application/jwk-set+json",
                      .headers = {{"Cache-Control", "public, max-age=300"}},
                      .body = dump_json(keys.get())});
}

}  // namespace slo::ngx
