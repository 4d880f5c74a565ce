// SPDX-License-Identifier: BSD-2-Clause
// Writes the page of metrics. Which there are stands in docs/reference.md.
#include "core/admin/status_page.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <utility>

#include "core/text/json.h"

namespace slo {
namespace {

bool is_away(const Refusal& refusal) noexcept {
  return refusal.fault != Fault::store_refused && refusal.fault != Fault::store_part_away &&
         refusal.fault != Fault::store_schema_foreign;
}

template <class T>
bool is_away(const Outcome<T>& answer) noexcept {
  return !answer && is_away(answer.error());
}

// `end:rp` is end_rp in both formats.
std::string metric_name(std::string_view counter) {
  std::string name(counter);
  std::ranges::replace(name, ':', '_');
  return name;
}

void add_header(std::string& text, const std::string& metric, std::string_view type) {
  text.append("# TYPE ").append(metric).append(" ").append(type).append("\n");
}

void add_sample(std::string& text, const std::string& metric, const std::string& value) {
  text.append(metric).append(" ").append(value).append("\n");
}

// A metric of providers, all its samples in one group as the format wants them; nothing where there are none.
struct ProviderMetric {
  std::string name{};
  std::string_view type{};
  std::vector<std::string> samples{};

  void add(const ProviderStatus& provider, long long value) {
    samples.push_back(name + "{provider=\"" + provider.name + "\"} " + std::to_string(value) + "\n");
  }
};

void add_metric(std::string& text, const ProviderMetric& metric) {
  if (metric.samples.empty()) return;
  add_header(text, metric.name, metric.type);
  for (const auto& sample : metric.samples) text += sample;
}

void add_gauges(std::string& text, const std::vector<ProviderStatus>& providers) {
  ProviderMetric circuits{.name = "slo_circuits_open", .type = "gauge"};
  ProviderMetric pending{.name = "slo_deliveries_pending", .type = "gauge"};
  ProviderMetric dead{.name = "slo_deliveries_dead", .type = "gauge"};
  for (const auto& provider : providers) {
    circuits.add(provider, static_cast<long long>(provider.circuits_open));
    if (!provider.in_store || !provider.in_store->backlog) continue;
    pending.add(provider, provider.in_store->backlog->pending);
    dead.add(provider, provider.in_store->backlog->dead);
  }
  for (const auto* metric : {&circuits, &pending, &dead}) add_metric(text, *metric);
}

void add_keys(std::string& text, const std::vector<ProviderStatus>& providers) {
  ProviderMetric keys{.name = "slo_op_keys", .type = "gauge"};
  ProviderMetric age{.name = "slo_op_keys_age_seconds", .type = "gauge"};
  ProviderMetric fetched{.name = "slo_op_keys_fetched", .type = "gauge"};
  for (const auto& provider : providers) {
    if (!provider.keys) continue;
    keys.add(provider, static_cast<long long>(provider.keys->keys));
    if (provider.keys->age) age.add(provider, provider.keys->age->count());
    fetched.add(provider, provider.keys->is_fetched ? 1 : 0);
  }
  for (const auto* metric : {&keys, &age, &fetched}) add_metric(text, *metric);
}

void add_clients(std::string& text, const std::vector<ProviderStatus>& providers) {
  ProviderMetric clients{.name = "slo_clients", .type = "gauge"};
  ProviderMetric current{.name = "slo_clients_current", .type = "gauge"};
  for (const auto& provider : providers) {
    if (!provider.clients) continue;
    clients.add(provider, static_cast<long long>(provider.clients->clients));
    current.add(provider, provider.clients->is_current ? 1 : 0);
  }
  for (const auto* metric : {&clients, &current}) add_metric(text, *metric);
}

constexpr std::array<std::pair<std::string_view, std::uint64_t GuardCounts::*>, 4> guard_metrics{
    {{"guard_refused", &GuardCounts::refused},
     {"guard_would_refuse", &GuardCounts::would_refuse},
     {"guard_without_evidence", &GuardCounts::without_evidence},
     {"guard_unsure", &GuardCounts::unsure}}};

void add_guards(std::string& text, const std::vector<ProviderStatus>& providers) {
  for (const auto& [name, count] : guard_metrics) {
    ProviderMetric metric{.name = "slo_" + std::string(name) + "_total", .type = "counter"};
    for (const auto& provider : providers)
      if (provider.guards) metric.add(provider, static_cast<long long>((*provider.guards).*count));
    add_metric(text, metric);
  }
}

// As they are shown in both formats.
std::vector<std::pair<std::string, long long>> marks_gauges(const MarksStatus& marks) {
  std::vector<std::pair<std::string, long long>> gauges{
      {"marks", static_cast<long long>(marks.marks)},
      {"marks_capacity", static_cast<long long>(marks.capacity)},
      {"marks_complete", marks.is_complete ? 1 : 0}};
  if (marks.age) gauges.emplace_back("marks_age_milliseconds", marks.age->count());
  return gauges;
}

void add_marks(std::string& text, const MarksStatus& marks) {
  for (const auto& [name, value] : marks_gauges(marks)) {
    add_header(text, "slo_" + name, "gauge");
    add_sample(text, "slo_" + name, std::to_string(value));
  }
}

// In a label.
std::string label_of(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

void add_servers(std::string& text, const std::vector<ServerStatus>& servers) {
  if (servers.empty()) return;
  for (std::size_t i = 0; i < servers.front().gauges.size(); ++i) {
    ProviderMetric metric{.name = "slo_store_" + std::string(servers.front().gauges[i].name),
                          .type = "gauge"};
    for (const auto& server : servers) {
      if (const auto& value = server.gauges[i].value)
        metric.samples.push_back(metric.name + "{server=" + label_of(server.name) + "} " +
                                 std::to_string(*value) + "\n");
    }
    add_metric(text, metric);
  }
}

void add_store_counters(std::string& text, const std::vector<ProviderStatus>& providers) {
  std::map<std::string, ProviderMetric> metrics;
  for (const auto& provider : providers) {
    if (!provider.in_store || !provider.in_store->backlog || !provider.in_store->counters) continue;
    for (const auto& [counter, value] : *provider.in_store->counters) {
      const std::string name = "slo_store_" + metric_name(counter) + "_total";
      metrics.try_emplace(name, ProviderMetric{.name = name, .type = "counter"})
          .first->second.add(provider, value);
    }
  }
  for (const auto& [name, metric] : metrics) add_metric(text, metric);
}

std::string prometheus_text(const StatusReport& report) {
  std::string text;
  add_header(text, "slo_store_up", "gauge");
  add_sample(text, "slo_store_up", is_store_away(report) || report.lacks_a_part ? "0" : "1");
  for (const auto& [counter, value] : report.host) {
    const std::string name = "slo_" + std::string(counter) + "_total";
    add_header(text, name, "counter");
    add_sample(text, name, std::to_string(value));
  }
  add_servers(text, report.servers);
  add_gauges(text, report.providers);
  add_keys(text, report.providers);
  add_clients(text, report.providers);
  if (report.marks) add_marks(text, *report.marks);
  add_guards(text, report.providers);
  add_store_counters(text, report.providers);
  return text;
}

void put_number(json_t* object, const std::string& name, long long value) {
  json_object_set_new(object, name.c_str(), json_integer(value));
}

Json host_json(const StatusReport& report) {
  Json host{json_object()};
  for (const auto& [name, value] : report.host)
    put_number(host.get(), std::string(name), static_cast<long long>(value));
  if (report.marks) {
    for (const auto& [name, value] : marks_gauges(*report.marks)) put_number(host.get(), name, value);
  }
  return host;
}

void put_store_status(json_t* entry, const StoreStatus& in_store) {
  if (!in_store.backlog) return;
  put_number(entry, "deliveries_pending", in_store.backlog->pending);
  put_number(entry, "deliveries_dead", in_store.backlog->dead);
  if (!in_store.counters) return;
  for (const auto& [name, value] : *in_store.counters) put_number(entry, metric_name(name), value);
}

void put_keys(json_t* entry, const KeyStatus& keys) {
  put_number(entry, "op_keys", static_cast<long long>(keys.keys));
  if (keys.age) put_number(entry, "op_keys_age_seconds", keys.age->count());
  json_object_set_new(entry, "op_keys_fetched", json_boolean(keys.is_fetched));
}

Json servers_json(const StatusReport& report) {
  Json servers{json_object()};
  for (const auto& server : report.servers) {
    Json entry{json_object()};
    for (const auto& gauge : server.gauges)
      if (gauge.value) put_number(entry.get(), std::string(gauge.name), static_cast<long long>(*gauge.value));
    json_object_set_new(servers.get(), server.name.c_str(), entry.release());
  }
  return servers;
}

Json providers_json(const StatusReport& report) {
  Json providers{json_object()};
  for (const auto& provider : report.providers) {
    Json entry{json_object()};
    if (provider.in_store) put_store_status(entry.get(), *provider.in_store);
    put_number(entry.get(), "circuits_open", static_cast<long long>(provider.circuits_open));
    if (provider.keys) put_keys(entry.get(), *provider.keys);
    if (provider.guards) {
      for (const auto& [name, count] : guard_metrics)
        put_number(entry.get(), std::string(name), static_cast<long long>((*provider.guards).*count));
    }
    if (provider.clients) {
      put_number(entry.get(), "clients", static_cast<long long>(provider.clients->clients));
      json_object_set_new(entry.get(), "clients_current", json_boolean(provider.clients->is_current));
    }
    json_object_set_new(providers.get(), provider.name.c_str(), entry.release());
  }
  return providers;
}

std::string json_text(const StatusReport& report) {
  const Json root{json_object()};
  json_object_set_new(root.get(), "store_up", json_boolean(!is_store_away(report) && !report.lacks_a_part));
  json_object_set_new(root.get(), "host", host_json(report).release());
  if (!report.servers.empty()) json_object_set_new(root.get(), "servers", servers_json(report).release());
  json_object_set_new(root.get(), "providers", providers_json(report).release());
  return dump_json(root.get());
}

}  // namespace

bool is_store_away(const StatusReport& report) noexcept {
  if (report.refusal && is_away(*report.refusal)) return true;
  return std::ranges::any_of(report.providers, [](const ProviderStatus& provider) {
    return provider.in_store && (is_away(provider.in_store->backlog) || is_away(provider.in_store->counters));
  });
}

Page status_page(const StatusReport& report, StatusFormat format) {
  const bool is_json = format == StatusFormat::json;
  return {.status = 200,
          .content_type = is_json ? "application/json" : "text/plain; version=0.0.4; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"}},
          .body = is_json ? json_text(report) : prometheus_text(report)};
}

}  // namespace slo
