// SPDX-License-Identifier: BSD-2-Clause
// The URL that names sentinels and their master, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "redis_schema/servers/sentinel.h"

namespace slo::redis {

inline constexpr std::string_view sentinel_url_form =
    "redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database]";

struct SentinelUrl {
  bool tls = false;                       // rediss-sentinel://
  std::optional<std::string> userinfo{};  // as written, percent-encoded; of the servers, not of the sentinels
  std::vector<Peer> sentinels{};          // hosts in lower case; port 26379 where none is written
  std::string master{};
  unsigned database = 0;
  std::string shown() const;  // without userinfo
  friend bool operator==(const SentinelUrl&, const SentinelUrl&) = default;
};

bool is_sentinel_url(std::string_view text) noexcept;

// REQUIRES: is_sentinel_url(). configuration_invalid with a detail to follow `the URL`, which quotes nothing.
Outcome<SentinelUrl> read_sentinel_url(std::string_view text);

}  // namespace slo::redis
