// SPDX-License-Identifier: BSD-2-Clause
// Asks the store about all providers, some at a time, and adds what this host knows by itself.
#include "ngx_module/admin/status_reading.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ngx_module/clients/client_renewal.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/shared_server.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/servers/health.h"

namespace slo::ngx {
namespace {
namespace status_reading {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

void ask_next(R& r, StatusReading& reading);
void with_statuses(R& r, StatusReading& reading, Outcome<std::vector<StoreStatus>> statuses);
void add_own(R& r, StatusReading& reading);

void ask_next(R& r, StatusReading& reading) {
  const auto& providers = main_conf(r).providers;
  if (is_store_away(reading.report) || reading.told == providers.size()) return add_own(r, reading);
  std::vector<redis::Space> spaces;
  for (std::size_t i = reading.told; i < std::min(reading.told + reading.at_once, providers.size()); ++i)
    spaces.push_back(providers[i].space);
  ask<std::vector<StoreStatus>>(
      r, redis::read_statuses(spaces),
      [&](Outcome<std::vector<StoreStatus>> statuses) { with_statuses(r, reading, std::move(statuses)); });
}

// An exchange is refused as a whole where one of its providers is: then each is asked about alone.
void with_statuses(R& r, StatusReading& reading, Outcome<std::vector<StoreStatus>> statuses) {
  auto& providers = reading.report.providers;
  if (!statuses && statuses.error().fault == Fault::store_schema_foreign && reading.at_once > 1) {
    reading.at_once = 1;
    return ask_next(r, reading);
  }
  if (!statuses) {
    providers[reading.told++].in_store = StoreStatus{.backlog = refuse(statuses.error())};
    return ask_next(r, reading);
  }
  for (StoreStatus& status : *statuses) providers[reading.told++].in_store = std::move(status);
  ask_next(r, reading);
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

void add_own(R& r, StatusReading& reading) {
  StatusReport& report = reading.report;
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
  reading.next(r);
}

}  // namespace status_reading
}  // namespace

void read_status(ngx_http_request_t& r, StatusReading& reading, void (*next)(ngx_http_request_t& r)) {
  reading.next = next;
  for (const auto& conf : main_conf(r).providers)
    reading.report.providers.push_back({.name = conf.provider.name});
  if (!store()->is_up()) reading.report.refusal = Refusal{Fault::store_unreachable};
  reading.report.lacks_a_part = !store()->is_whole();
  status_reading::ask_next(r, reading);
}

}  // namespace slo::ngx
