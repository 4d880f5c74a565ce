// SPDX-License-Identifier: BSD-2-Clause
// Reads what nodes of a cluster say of each other.
#include "redis_schema/servers/cluster.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "redis_schema/fields.h"

namespace slo::redis {
namespace {

constexpr std::uint16_t slots = 16384;

// CRC-16/XMODEM, as the specification of Redis Cluster has it.
constexpr std::uint16_t crc16(std::string_view text) noexcept {
  std::uint16_t crc = 0;
  for (const char c : text) {
    crc ^= static_cast<std::uint16_t>(static_cast<unsigned char>(c) << 8);
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  return crc;
}

struct Tagged {
  std::uint16_t slot = 0, partition = 0;
};
using Tags = std::array<Tagged, partitions + 1>;

// All partitions by their slots: made once, since no checksum may be made for each of 16384 ranges.
const Tags& by_slot() noexcept {
  static const Tags all = [] {
    Tags made{};
    for (std::uint16_t p = 0; p <= partitions; ++p) {
      const auto partition = p < partitions ? p : meta_partition;
      made[p] = {slot_of(partition), partition};
    }
    std::ranges::sort(made, {}, &Tagged::slot);
    return made;
  }();
  return all;
}

// Those whose slots lie in a range.
std::span<const Tagged> tags_within(long long first, long long last) noexcept {
  const std::span<const Tagged> all = by_slot();
  const auto begin = std::ranges::lower_bound(all, first, {}, &Tagged::slot);
  const auto end = std::ranges::upper_bound(begin, all.end(), last, {}, &Tagged::slot);
  return {begin, end};
}

// Address, port, id … of the master of some slots. It may not know its own address; `?` is one that nobody
// knows.
std::optional<Peer> master_in(const Reply& node, const Peer& asked) {
  const auto host = node[0].text().value_or("");
  const auto port = node[1].integer().value_or(0);
  return read_peer(host.empty() ? asked.host : host, std::to_string(port));
}

// [first, last, master, replica …] …
Outcome<ClusterMap> map_in(const Reply& reply, const Peer& asked) {
  if (!reply.is_array()) return refuse(unexpected_reply("CLUSTER"));
  ClusterMap map;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto first = reply[i][0].integer(), last = reply[i][1].integer();
    if (!first || !last) continue;
    const auto ours = tags_within(*first, *last);
    const auto node = ours.empty() ? std::nullopt : master_in(reply[i][2], asked);
    if (!node) continue;
    for (const auto& each : ours) map.move(each.partition, *node);
  }
  if (map.nodes().empty()) return refuse(unexpected_reply("CLUSTER"));
  return map;
}

// host:port, where the host may have colons, or be missing.
std::optional<Peer> peer_at(std::string_view text, const Peer& asked) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = text.substr(0, colon);
  return read_peer(host.empty() ? asked.host : host, text.substr(colon + 1));
}

}  // namespace

std::uint16_t slot_of(std::uint16_t partition) noexcept { return crc16(tag_of(partition)) % slots; }

std::size_t ClusterMap::place_of(std::uint16_t partition) noexcept {
  return std::min<std::size_t>(partition, partitions);
}

const Peer* ClusterMap::node_of(std::uint16_t partition) const noexcept {
  const auto& node = nodes_[place_of(partition)];
  return node ? &*node : nullptr;
}

void ClusterMap::move(std::uint16_t partition, Peer to) { nodes_[place_of(partition)] = std::move(to); }

std::vector<Peer> ClusterMap::nodes() const {
  std::vector<Peer> all;
  for (const auto& node : nodes_) {
    if (node && !contains(all, *node)) all.push_back(*node);
  }
  return all;
}

std::size_t ClusterMap::orphans() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(nodes_, std::optional<Peer>()));
}

Exchange<ClusterMap> ask_for_map(const Peer& asked) {
  return {
      .commands = {{.words = {"CLUSTER", "SLOTS"}}},
      .read = [asked](std::span<const Reply> replies) -> Outcome<ClusterMap> {
        return check_replies(replies, 1, "CLUSTER").and_then([&] { return map_in(replies[0], asked); });
      },
  };
}

// MOVED 3999 10.0.0.1:6379
std::optional<Redirection> redirection_in(const Reply& reply, const Peer& asked) {
  if (!reply.is_error()) return std::nullopt;
  const auto line = reply.error();
  const bool is_moved = line.starts_with("MOVED "), is_ask = line.starts_with("ASK ");
  const auto space = line.rfind(' ');
  if ((!is_moved && !is_ask) || space == std::string_view::npos) return std::nullopt;
  auto to = peer_at(line.substr(space + 1), asked);
  if (!to) return std::nullopt;
  return Redirection{is_moved, *std::move(to)};
}

Command asking() { return {.words = {"ASKING"}}; }

bool is_to_be_asked_again(const Reply& reply) noexcept {
  if (!reply.is_error()) return false;
  const auto code = code_of(reply.error());
  return code == "TRYAGAIN" || code == "CLUSTERDOWN" || code == "UNBLOCKED";
}

}  // namespace slo::redis
