// SPDX-License-Identifier: BSD-2-Clause
// The page of metrics: what this host has counted and what the store says, as Prometheus text or as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/page.h"

namespace slo {

enum class StatusFormat : std::uint8_t { prometheus, json };

// Deliveries owed and dead letters.
struct Backlog {
  long long pending = 0;
  long long dead = 0;
  friend bool operator==(const Backlog&, const Backlog&) = default;
};
using StoreCounters = std::map<std::string, long long>;

struct HostCounter {
  std::string_view name{};
  std::uint64_t value = 0;
};

// What the store says of one provider. What it refuses is left out; counters are shown beside a backlog
// alone.
struct StoreStatus {
  Outcome<Backlog> backlog{};
  Outcome<StoreCounters> counters{};
};

// Of keys that are fetched from the OP.
struct KeyStatus {
  std::size_t keys = 0;
  std::optional<Seconds> age{};  // since they were fetched; nothing: they never were
  bool is_fetched = false;       // the last fetch went well
  friend bool operator==(const KeyStatus&, const KeyStatus&) = default;
};

// Of clients that are renewed while nginx runs.
struct ClientStatus {
  std::size_t clients = 0;
  bool is_current = false;  // what its sources hold by now is in force
  friend bool operator==(const ClientStatus&, const ClientStatus&) = default;
};

// What this host's guards have done for a provider: requests.
struct GuardCounts {
  std::uint64_t refused = 0;
  std::uint64_t would_refuse = 0;      // dry_run
  std::uint64_t without_evidence = 0;  // they named no session
  std::uint64_t unsure = 0;            // while marks might be missing
  friend bool operator==(const GuardCounts&, const GuardCounts&) = default;
};

// What this host's guards know.
struct MarksStatus {
  std::size_t marks = 0;
  std::size_t capacity = 0;
  std::optional<Millis> age{};  // since they knew all that had ended; nothing: never
  bool is_complete = false;
};

// How one of the store's servers is.
struct ServerGauge {
  std::string_view name{};  // without prefix
  std::optional<std::uint64_t> value{};
};
struct ServerStatus {
  std::string name{};                 // host:port, unix:path
  std::vector<ServerGauge> gauges{};  // of each server the same ones, in the same order
};

struct ProviderStatus {
  std::string name{};
  std::uint64_t circuits_open = 0;        // on this host
  std::optional<StoreStatus> in_store{};  // nothing: it was not asked about this one
  std::optional<KeyStatus> keys{};        // nothing: they are not fetched
  std::optional<ClientStatus> clients{};  // nothing: they stay as they were configured
  std::optional<GuardCounts> guards{};    // nothing: this host has no marks
};

struct StatusReport {
  std::vector<HostCounter> host{};
  std::vector<ProviderStatus> providers{};
  std::vector<ServerStatus> servers{};  // those that were looked at lately
  std::optional<MarksStatus> marks{};   // nothing: this host needs none
  std::optional<Refusal> refusal{};     // why the store was not asked, or did not answer at all
  bool lacks_a_part = false;            // some server of a cluster is away, the others answer
};

// Is it away, or does it serve nobody? Not if it refuses a command, or all that is a provider's, or a part
// of it is away: who says so is there.
bool is_store_away(const StatusReport& report) noexcept;

// 200, with or without a store, and no-store.
Page status_page(const StatusReport& report, StatusFormat format);

}  // namespace slo
