// SPDX-License-Identifier: BSD-2-Clause
// Reads and writes the names of servers.
#include "redis_schema/servers/peer.h"

#include <algorithm>
#include <charconv>

namespace slo::redis {
namespace {

constexpr std::size_t longest_name = 255;

}  // namespace

std::string name_of(const Peer& peer) {
  const bool is_v6 = peer.host.find(':') != std::string::npos;
  return (is_v6 ? '[' + peer.host + ']' : peer.host) + ':' + std::to_string(peer.port);
}

bool contains(const std::vector<Peer>& peers, const Peer& peer) {
  return std::ranges::find(peers, peer) != peers.end();
}

bool is_plain_name(std::string_view text, std::string_view also) noexcept {
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [also](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

std::optional<Peer> read_peer(std::string_view host, std::string_view port) {
  std::uint16_t number = 0;
  const auto* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, number);
  if (error != std::errc() || stop != end || number == 0 || !is_plain_name(host, ".:-_")) return std::nullopt;
  return Peer{std::string(host), number};
}

}  // namespace slo::redis
