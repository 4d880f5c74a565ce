// SPDX-License-Identifier: BSD-2-Clause
// Before all filters: a detached call's answer ends here.
#include "ngx_module/delivery/answer_filters.h"

#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

ngx_http_output_header_filter_pt first_header_filter;
ngx_http_output_body_filter_pt first_body_filter;

ngx_int_t end_header(ngx_http_request_t* r) noexcept {
  if (!is_detached_call(*r)) return first_header_filter(r);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [r] { return note_answer(*r); });
}

ngx_int_t end_body(ngx_http_request_t* r, ngx_chain_t* in) noexcept {
  if (!is_detached_call(*r)) return first_body_filter(r, in);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR),
                 [&] { return swallow_answer(*r, in); });
}

}  // namespace

void go_before_all_filters(const MainConf& conf) noexcept {
  if (conf.providers.empty()) return;
  first_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = end_header;
  first_body_filter = ngx_http_top_body_filter;
  ngx_http_top_body_filter = end_body;
}

}  // namespace slo::ngx
