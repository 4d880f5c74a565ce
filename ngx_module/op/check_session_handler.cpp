// SPDX-License-Identifier: BSD-2-Clause
// slo_check_session: the frame that says whether a session_state holds. Session Management 1.0.
#include "core/admin/api.h"
#include "core/op/session_state.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/op/directives.h"

namespace slo::ngx {
namespace {

void show_frame(ngx_http_request_t& r) { respond(r, check_session_page(loc_conf(r).provider->provider)); }

void refuse_to_write_frame(ngx_http_request_t& r) {
  respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"}));
}

}  // namespace

ngx_int_t handle_check_session(ngx_http_request_t& r) {
  return drop_body(
      r, r.method == NGX_HTTP_GET || r.method == NGX_HTTP_HEAD ? show_frame : refuse_to_write_frame);
}

}  // namespace slo::ngx
