// SPDX-License-Identifier: BSD-2-Clause
// Cluster: which node has which partition, and what is understood of nodes that have not what they are asked.
//
// What to do with a connection is the host's business. Of 16384 slots 65 matter: those of the tags.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis_schema/exchange.h"
#include "redis_schema/key.h"
#include "redis_schema/servers/peer.h"

namespace slo::redis {

// The slot of all keys of a partition (also of meta_partition): CRC16 of its tag, mod 16384.
std::uint16_t slot_of(std::uint16_t partition) noexcept;

// Whom to ask for what.
class ClusterMap {
 public:
  // Null: as far as is known nobody serves it.
  const Peer* node_of(std::uint16_t partition) const noexcept;
  void move(std::uint16_t partition, Peer to);
  std::vector<Peer> nodes() const;       // that serve something; each once
  std::size_t orphans() const noexcept;  // partitions that nobody serves
  friend bool operator==(const ClusterMap&, const ClusterMap&) = default;

 private:
  static std::size_t place_of(std::uint16_t partition) noexcept;

  std::array<std::optional<Peer>, partitions + 1> nodes_{};  // the last one: what has no partition
};

// `asked` stands for a node that does not know its own address. store_refused with the code: this is no
// cluster, or the user may not ask; store_reply_unexpected, also where no partition is served.
Exchange<ClusterMap> ask_for_map(const Peer& asked);

// Where a command belongs that was brought to the wrong node.
struct Redirection {
  bool is_for_good = false;  // MOVED: the partition lies there. ASK: this one command, behind asking()
  Peer to{};
  friend bool operator==(const Redirection&, const Redirection&) = default;
};
// `asked`: who said so, and whose host is meant where none is named.
std::optional<Redirection> redirection_in(const Reply& reply, const Peer& asked);
Command asking();

// Nobody can serve it at the moment, but soon: a slot on its way, a node whose successor is being elected, or
// that is no master any more.
bool is_to_be_asked_again(const Reply& reply) noexcept;

}  // namespace slo::redis
