// SPDX-License-Identifier: BSD-2-Clause
// slo_logout where no application answers, or is to be asked: the page that was decided on.
#include "ngx_module/http/body.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/rp/directives.h"
#include "ngx_module/rp/logout_button.h"

namespace slo::ngx {
namespace {

void show_button_page(ngx_http_request_t& r) {
  ButtonCtx& ctx = *find_button(r);
  ctx.is_answered = true;
  respond(r, ctx.page);
}

}  // namespace

ngx_int_t handle_logout_button(ngx_http_request_t& r) { return drop_body(r, show_button_page); }

}  // namespace slo::ngx
