// SPDX-License-Identifier: BSD-2-Clause
// Peer: a server as other servers name it, by address or host name, with its port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slo::redis {

struct Peer {
  std::string host{};
  std::uint16_t port = 0;
  friend auto operator<=>(const Peer&, const Peer&) = default;
};

std::string name_of(const Peer& peer);  // host:port, [host]:port
bool contains(const std::vector<Peer>& peers, const Peer& peer);

// 1 to 255 letters, digits and what is in `also`.
bool is_plain_name(std::string_view text, std::string_view also) noexcept;
// What a server says of another one. Nothing: no host name or address, or no port of 1 to 65535.
std::optional<Peer> read_peer(std::string_view host, std::string_view port);

}  // namespace slo::redis
