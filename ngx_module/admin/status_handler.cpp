// SPDX-License-Identifier: BSD-2-Clause
// slo_status: this host's counters and the store's. Answers even while the store is away.
#include "core/admin/api.h"
#include "core/admin/status_page.h"
#include "ngx_module/admin/conf.h"
#include "ngx_module/admin/directives.h"
#include "ngx_module/admin/status_reading.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/respond.h"

namespace slo::ngx {
namespace {
namespace status_job {  // names of this file alone, in unity builds too

struct StatusVisit : RequestCtx {
  StatusReading reading{};
};

using R = ngx_http_request_t;

// In the order in which they are called.
void with_wrong_method(R& r);
void with_body(R& r, Outcome<std::string> body);
void show(R& r);

void with_wrong_method(R& r) { respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"})); }

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return respond(r, problem_page(body.error()));
  read_status(r, ctx_of<StatusVisit>(r).reading, show);
}

void show(R& r) {
  respond(r, status_page(ctx_of<StatusVisit>(r).reading.report, admin_loc_conf(r).status_format));
}

}  // namespace status_job
}  // namespace

ngx_int_t handle_status(ngx_http_request_t& r) {
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD)
    return drop_body(r, status_job::with_wrong_method);
  open_ctx<status_job::StatusVisit>(r);
  return read_body(r, status_job::with_body);
}

}  // namespace slo::ngx
