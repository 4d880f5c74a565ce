// SPDX-License-Identifier: BSD-2-Clause
// slo_logout in front of an application: its cookies are kept, and the browser goes on all the same.
//
// Whatever it answers, and whatever nginx does where it does not, is replaced, header and all. What would
// have been its body is thrown away as that of a HEAD is: who makes it is told that there is none to send.
#include <string>
#include <utility>
#include <vector>

#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/rp/logout_button.h"

namespace slo::ngx {
namespace {
namespace button_filter {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

ButtonCtx* waiting_button(const R& r) noexcept {
  if (&r != r.main) return nullptr;
  ButtonCtx* ctx = find_button(r);
  return ctx != nullptr && ctx->is_decided && !ctx->is_answered ? ctx : nullptr;
}

std::vector<Header> kept_headers(const R& r) {
  std::vector<Header> kept;
  for (const char* name : {"Set-Cookie", "Clear-Site-Data"}) {
    for (const std::string_view value : answer_headers(r, name)) kept.push_back({name, std::string(value)});
  }
  return kept;
}

// What its client hears is no 101, and what he says next is a request to nginx.
void keep_protocol(R& r) noexcept {
  if (r.upstream != nullptr) r.upstream->upgrade = 0;
}

ngx_int_t replace(R& r, ButtonCtx& ctx) {
  ctx.is_answered = true;
  keep_protocol(r);
  const std::vector<Header> kept = kept_headers(r);
  ngx_http_clean_header(&r);
  for (const Header& header : kept) add_header(r, header);
  put_head(r, ctx.page);
  const ngx_int_t sent = next_header_filter(&r);
  if (sent == NGX_ERROR || sent > NGX_OK || r.header_only) return sent;
  ngx_chain_t body = body_of(r, ctx.page);
  const ngx_int_t all = next_body_filter(&r, &body);
  r.header_only = 1;
  return all;
}

ngx_int_t filter_header(R* r) noexcept {
  ButtonCtx* ctx = waiting_button(*r);
  if (ctx == nullptr) return next_header_filter(r);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&] { return replace(*r, *ctx); });
}

}  // namespace button_filter
}  // namespace

ngx_int_t install_logout_button_filter(ngx_conf_t*) {
  button_filter::next_header_filter = std::exchange(ngx_http_top_header_filter, button_filter::filter_header);
  button_filter::next_body_filter = ngx_http_top_body_filter;
  return NGX_OK;
}

}  // namespace slo::ngx
