// SPDX-License-Identifier: BSD-2-Clause
// slo_status: this host's counters and the store's. Answers even while the store is away.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/admin/api.h"
#include "core/admin/status_page.h"
#include "ngx_module/admin/conf.h"
#include "ngx_module/admin/directives.h"
#include "ngx_module/clients/client_renewal.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/shared_server.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/servers/health.h"

namespace slo::ngx {
namespace {
namespace status_job {  // names of this file alone, in unity builds too

// What one exchange asks about: 192 commands each, and users wait behind them.
constexpr std::size_t max_providers_at_once = 16;

struct StatusVisit : RequestCtx {
  StatusReport report{};  // of all providers, in their order
  std::size_t told = 0;   // so many of them has the store answered
  std::size_t at_once = max_providers_at_once;
};

using R = ngx_http_request_t;

// In the order in which they are called.
void with_wrong_method(R& r);
void with_body(R& r, Outcome<std::string> body);
void ask_next(R& r);
void with_statuses(R& r, Outcome<std::vector<StoreStatus>> statuses);
void show(R& r);

void with_wrong_method(R& r) { respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"})); }

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return respond(r, problem_page(body.error()));
  StatusReport& report = ctx_of<StatusVisit>(r).report;
  for (const auto& conf : main_conf(r).providers) report.providers.push_back({.name = conf.provider.name});
  if (!store()->is_up()) report.refusal = Refusal{Fault::store_unreachable};
  ask_next(r);
}

void ask_next(R& r) {
  const auto& ctx = ctx_of<StatusVisit>(r);
  const auto& providers = main_conf(r).providers;
  if (is_store_away(ctx.report) || ctx.told == providers.size()) return show(r);
  std::vector<redis::Space> spaces;
  for (std::size_t i = ctx.told; i < std::min(ctx.told + ctx.at_once, providers.size()); ++i)
    spaces.push_back(providers[i].space);
  ask(r, redis::read_statuses(spaces), with_statuses);
}

// An exchange is refused as a whole where one of its providers is: then each is asked about alone.
void with_statuses(R& r, Outcome<std::vector<StoreStatus>> statuses) {
  auto& ctx = ctx_of<StatusVisit>(r);
  if (!statuses && statuses.error().fault == Fault::store_schema_foreign && ctx.at_once > 1) {
    ctx.at_once = 1;
    return ask_next(r);
  }
  if (!statuses) {
    ctx.report.providers[ctx.told++].in_store = StoreStatus{.backlog = refuse(statuses.error())};
    return ask_next(r);
  }
  for (StoreStatus& status : *statuses) ctx.report.providers[ctx.told++].in_store = std::move(status);
  ask_next(r);
}

std::vector<ServerStatus> servers_here() {
  std::vector<ServerStatus> servers;
  for (auto& known : known_servers(redis::health_is_known_for)) {
    ServerStatus status{.name = std::move(known.name), .gauges = redis::gauges_of({})};
    for (std::size_t i = 0; i < status.gauges.size(); ++i) status.gauges[i].value = known.numbers.at(i);
    servers.push_back(std::move(status));
  }
  return servers;
}

void show(R& r) {
  StatusReport& report = ctx_of<StatusVisit>(r).report;
  for (std::size_t i = 0; i < counter_names.size(); ++i)
    report.host.push_back({counter_names[i], value_of(static_cast<Counter>(i))});
  const auto& providers = main_conf(r).providers;
  for (std::size_t i = 0; i < report.providers.size(); ++i) {
    report.providers[i].circuits_open = open_circuits(i);
    report.providers[i].keys = key_fetcher()->status(providers[i]);
    report.providers[i].clients = client_renewals()->status(providers[i]);
    if (marks() != nullptr) report.providers[i].guards = marks()->guard_counts(providers[i]);
  }
  report.servers = servers_here();
  if (marks() != nullptr) report.marks = marks()->status();
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
