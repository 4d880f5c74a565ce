// SPDX-License-Identifier: BSD-2-Clause
// The authority of a store's URL that names several servers: [user[:password]@]host[:port][,host[:port]]...
//
// Such a URL is no URI: it has a list where a URI has a host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "redis_schema/servers/peer.h"

namespace slo::redis {

struct ServerList {
  std::optional<std::string> userinfo{};  // as written, percent-encoded
  std::vector<Peer> servers{};            // hosts in lower case
  std::string_view path{};                // of the text that was read: what stands behind the first slash
  friend bool operator==(const ServerList&, const ServerList&) = default;
};

// What a server of the list is called in messages, and its port where none is written.
struct ServerKind {
  const char* one;
  const char* several;
  std::uint16_t usual_port;
};

// `text` stands behind `scheme://`. configuration_invalid with a detail to follow `the URL`, which quotes
// nothing.
Outcome<ServerList> read_server_list(std::string_view text, const ServerKind& kind);

std::string shown(const std::vector<Peer>& servers);  // with commas between

}  // namespace slo::redis
