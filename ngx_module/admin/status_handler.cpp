// SPDX-License-Identifier: BSD-2-Clause
// slo_status: this host's counters and the store's. Answers even while the store is away.
#include <map>

#include "core/admin/api.h"
#include "core/text/json.h"
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

struct ProviderStatus {
  std::string name{};
  redis::Backlog backlog{};
  std::map<std::string, long long> counters{};
};

struct StatusVisit : RequestCtx {
  bool store_up = true;
  std::size_t next = 0;  // index of the provider that is asked about
  std::vector<ProviderStatus> providers{};
};

using R = ngx_http_request_t;

std::string metric_name(std::string_view counter) {
  std::string name(counter);
  for (char& c : name) {
    if (c == ':') c = '_';
  }
  return name;
}

std::string prometheus(const StatusVisit& ctx) {
  std::string text = "# TYPE slo_store_up gauge\nslo_store_up " + std::to_string(ctx.store_up ? 1 : 0) + "\n";
  for (std::size_t i = 0; i < counter_names.size(); ++i) {
    const std::string name = "slo_" + std::string(counter_names[i]) + "_total";
    text.append("# TYPE ").append(name).append(" counter\n").append(name).append(" ");
    text.append(std::to_string(value_of(static_cast<Counter>(i)))).append("\n");
  }
  for (const auto& provider : ctx.providers) {
    const std::string label = "{provider=\"" + provider.name + "\"} ";
    text += "slo_deliveries_pending" + label + std::to_string(provider.backlog.pending) + "\n";
    text += "slo_deliveries_dead" + label + std::to_string(provider.backlog.dead) + "\n";
    for (const auto& [name, value] : provider.counters) {
      text += "slo_store_" + metric_name(name) + "_total" + label + std::to_string(value) + "\n";
    }
  }
  return text;
}

std::string json(const StatusVisit& ctx) {
  const Json root(json_object());
  json_object_set_new(root.get(), "store_up", json_boolean(ctx.store_up));
  json_t* host = json_object();
  json_object_set_new(root.get(), "host", host);
  for (std::size_t i = 0; i < counter_names.size(); ++i) {
    json_object_set_new(host, counter_names[i].data(),
                        json_integer(static_cast<json_int_t>(value_of(static_cast<Counter>(i)))));
  }
  json_t* providers = json_object();
  json_object_set_new(root.get(), "providers", providers);
  for (const auto& provider : ctx.providers) {
    json_t* entry = json_object();
    json_object_set_new(providers, provider.name.c_str(), entry);
    json_object_set_new(entry, "deliveries_pending", json_integer(provider.backlog.pending));
    json_object_set_new(entry, "deliveries_dead", json_integer(provider.backlog.dead));
    for (const auto& [name, value] : provider.counters) {
      json_object_set_new(entry, metric_name(name).c_str(), json_integer(value));
    }
  }
  return dump_json(root.get());
}

void show(R& r) {
  const auto& ctx = ctx_of<StatusVisit>(r);
  const bool as_json = admin_loc_conf(r).status_format == StatusFormat::json;
  respond(r, Page{.status = 200,
                  .content_type = as_json ? "application/json" : "text/plain; version=0.0.4; charset=utf-8",
                  .headers = {{"Cache-Control", "no-store"}},
                  .body = as_json ? json(ctx) : prometheus(ctx)});
}

// The store is away; what it refuses, it refuses while it is there.
bool is_away(Fault fault) noexcept {
  return fault != Fault::store_refused && fault != Fault::store_schema_foreign;
}

void ask_next(R& r);

void with_counters(R& r, Outcome<std::map<std::string, long long>> counters) {
  auto& ctx = ctx_of<StatusVisit>(r);
  if (counters) ctx.providers.back().counters = std::move(*counters);
  if (!counters && is_away(counters.error().fault)) ctx.store_up = false;
  ask_next(r);
}

void with_backlog(R& r, Outcome<redis::Backlog> backlog) {
  auto& ctx = ctx_of<StatusVisit>(r);
  const auto& conf = main_conf(r).providers[ctx.next++];
  if (!backlog) {
    ctx.store_up = !is_away(backlog.error().fault);
    return ask_next(r);
  }
  ctx.providers.push_back({.name = conf.provider.name, .backlog = *backlog});
  ask(r, redis::read_counters(conf.space), with_counters);
}

void ask_next(R& r) {
  const auto& ctx = ctx_of<StatusVisit>(r);
  const auto& providers = main_conf(r).providers;
  if (!ctx.store_up || ctx.next == providers.size()) return show(r);
  ask(r, redis::read_backlog(providers[ctx.next].space), with_backlog);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return respond(r, problem_page(body.error()));
  ctx_of<StatusVisit>(r).store_up = store()->is_up();
  ask_next(r);
}

void with_wrong_method(R& r) { respond(r, problem_page(Refusal{Fault::method_not_allowed, "GET, HEAD"})); }

}  // namespace status_job
}  // namespace

ngx_int_t handle_status(ngx_http_request_t& r) {
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD)
    return drop_body(r, status_job::with_wrong_method);
  open_ctx<status_job::StatusVisit>(r);
  return read_body(r, status_job::with_body);
}

}  // namespace slo::ngx
