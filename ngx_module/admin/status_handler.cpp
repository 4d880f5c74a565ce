// SPDX-License-Identifier: BSD-2-Clause
// slo_status: this host's counters and the store's. Answers even while the store is away.
#include <utility>

#include "core/admin/api.h"
#include "core/admin/status_page.h"
#include "ngx_module/admin/conf.h"
#include "ngx_module/admin/directives.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/store.h"
#include "redis_schema/deliveries.h"

namespace slo::ngx {
namespace {
namespace status_job {  // names of this file alone, in unity builds too

struct StatusVisit : RequestCtx {
  StatusReport report{};
  std::size_t next = 0;  // index of the provider that is asked about
};

using R = ngx_http_request_t;

// In the order in which they are called.
void with_wrong_method(R& r);
void with_body(R& r, Outcome<std::string> body);
void ask_next(R& r);
void with_backlog(R& r, Outcome<Backlog> backlog);
void with_counters(R& r, Outcome<StoreCounters> counters);
void show(R& r);

void with_wrong_method(R& r) { respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"})); }

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return respond(r, problem_page(body.error()));
  if (!store()->is_up()) ctx_of<StatusVisit>(r).report.refusal = Refusal{Fault::store_unreachable};
  ask_next(r);
}

void ask_next(R& r) {
  const auto& ctx = ctx_of<StatusVisit>(r);
  const auto& providers = main_conf(r).providers;
  if (is_store_away(ctx.report) || ctx.next == providers.size()) return show(r);
  ask(r, redis::read_backlog(providers[ctx.next].space), with_backlog);
}

void with_backlog(R& r, Outcome<Backlog> backlog) {
  auto& ctx = ctx_of<StatusVisit>(r);
  const auto& conf = main_conf(r).providers[ctx.next++];
  const bool is_there = backlog.has_value();
  ctx.report.providers.push_back(
      {.name = conf.provider.name, .in_store = StoreStatus{.backlog = std::move(backlog)}});
  if (!is_there) return ask_next(r);
  ask(r, redis::read_counters(conf.space), with_counters);
}

void with_counters(R& r, Outcome<StoreCounters> counters) {
  ctx_of<StatusVisit>(r).report.providers.back().in_store->counters = std::move(counters);
  ask_next(r);
}

void show(R& r) {
  StatusReport& report = ctx_of<StatusVisit>(r).report;
  for (std::size_t i = 0; i < counter_names.size(); ++i)
    report.host.push_back({counter_names[i], value_of(static_cast<Counter>(i))});
  respond(r, status_page(report, admin_loc_conf(r).status_format));
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
