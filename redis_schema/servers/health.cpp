// SPDX-License-Identifier: BSD-2-Clause
// Reads INFO line by line; unknown lines are passed over.
#include "redis_schema/servers/health.h"

#include <algorithm>
#include <charconv>

#include "redis_schema/servers/peer.h"

namespace slo::redis {
namespace {

template <class Number>
std::optional<Number> read_number(std::string_view text) noexcept {
  Number number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<bool> read_bit(std::string_view text) noexcept {
  if (text != "0" && text != "1") return std::nullopt;
  return text == "1";
}

// `ip=…,port=…,state=online,offset=…,lag=…`
std::string_view part_of(std::string_view text, std::string_view name) noexcept {
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    if (part.starts_with(name)) return part.substr(name.size());
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return {};
}

bool is_replica_line(std::string_view name) noexcept {
  constexpr std::string_view start = "slave";
  return name.starts_with(start) && read_number<unsigned>(name.substr(start.size()));
}

struct Reader {
  Health health{};
  std::optional<std::uint64_t> written{};
  std::optional<std::uint64_t> furthest_behind{};

  void read(std::string_view name, std::string_view value) {
    if (name == "used_memory") health.memory_used = read_number<std::uint64_t>(value);
    if (name == "maxmemory") health.memory_limit = read_number<std::uint64_t>(value);
    if (name == "maxmemory_policy" && is_plain_name(value, "-")) health.policy = value;
    if (name == "aof_enabled") health.append_only = read_bit(value);
    if (name == "role") health.is_master = value == "master";
    if (name == "connected_slaves") health.replicas = read_number<unsigned>(value);
    if (name == "master_repl_offset") written = read_number<std::uint64_t>(value);
    if (is_replica_line(name)) read_replica(value);
    const bool tells_of_file = name == "rdb_last_bgsave_status" || name == "aof_last_write_status" ||
                               name == "aof_last_bgrewrite_status";
    if (tells_of_file && (value == "ok" || value == "err"))
      health.saves = health.saves.value_or(true) && value == "ok";
  }

  void read_replica(std::string_view value) {
    const auto offset = read_number<std::uint64_t>(part_of(value, "offset="));
    if (part_of(value, "state=") != "online" || !offset) return;
    furthest_behind = std::min(furthest_behind.value_or(*offset), *offset);
  }
};

std::optional<std::uint64_t> as_number(const std::optional<bool>& bit) {
  if (!bit) return std::nullopt;
  return *bit ? 1 : 0;
}

}  // namespace

bool Health::evicts() const noexcept {
  return memory_limit.value_or(0) > 0 && !policy.empty() && policy != "noeviction";
}

Health read_health(std::string_view info) {
  Reader reader;
  while (!info.empty()) {
    auto line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(line.size() + 1, info.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) reader.read(line.substr(0, colon), line.substr(colon + 1));
  }
  if (reader.written && reader.furthest_behind)
    reader.health.replica_lag = *reader.written - std::min(*reader.written, *reader.furthest_behind);
  return std::move(reader.health);
}

Exchange<Health> ask_health() {
  return {
      .commands = {{.words = {"INFO"}}},
      .read = [](std::span<const Reply> replies) -> Outcome<Health> {
        if (replies.size() != 1) return refuse(unexpected_reply("INFO"));
        if (replies[0].is_error()) return refuse(refusal_of(replies[0]));
        return read_health(replies[0].text().value_or(""));
      },
  };
}

Troubles troubles_of(const Health& health, const Troubles& before) noexcept {
  Troubles now = before;
  if (health.memory_limit && !health.policy.empty()) now.evicts = health.evicts();
  if (health.memory_used && health.memory_limit) {
    const std::uint64_t hundredth = *health.memory_limit / 100;
    const std::uint64_t most = hundredth * (before.is_nearly_full ? 85 : 90);
    now.is_nearly_full = *health.memory_limit > 0 && *health.memory_used > most;
  }
  if (health.saves) now.cannot_save = !*health.saves;
  return now;
}

std::vector<ServerGauge> gauges_of(const Health& health) {
  const bool knows_policy = health.memory_limit && !health.policy.empty();
  return {
      {"is_master", as_number(health.is_master)},
      {"memory_used_bytes", health.memory_used},
      {"memory_limit_bytes", health.memory_limit},
      {"evicts", knows_policy ? as_number(health.evicts()) : std::nullopt},
      {"append_only", as_number(health.append_only)},
      {"last_save_ok", as_number(health.saves)},
      {"replicas", health.replicas},
      {"replica_lag_bytes", health.replica_lag},
  };
}

}  // namespace slo::redis
