// SPDX-License-Identifier: BSD-2-Clause
// Reads the feed: what has ended, in order, from any place on.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/moment.h"
#include "core/rp/mark.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// Where reading goes on in one stream: behind the entry of this id. {}: at its beginning.
struct FeedPlace {
  std::uint64_t ms = 0, number = 0;
  friend auto operator<=>(const FeedPlace&, const FeedPlace&) = default;
};
using FeedPlaces = std::array<FeedPlace, partitions>;

// One step of a stream: where reading goes on after it, and what it says has ended. What cannot be understood
// in it says nothing; a later version may have written it.
struct FeedEntry {
  std::size_t source = 0;  // which of those that were asked for
  std::uint16_t partition = 0;
  FeedPlace place{};
  std::vector<Mark> marks{};
  friend bool operator==(const FeedEntry&, const FeedEntry&) = default;
};

using FeedPartitions = std::vector<std::uint16_t>;
FeedPartitions all_partitions();

// An issuer's streams, and where to read them. Borrowed during the call only.
struct FeedSource {
  const Space* space = nullptr;
  const FeedPlaces* places = nullptr;
};

// The next entries of some partitions of all sources, at most `count` of each stream, in each stream in
// order. Waits in Redis for `block` where there are none (0: does not wait): what is said on that connection
// meanwhile waits, too. No commands where there are no sources. One command: a cluster can answer it for one
// partition only.
// REQUIRES: space and places of each source; partitions in order, each once.
Exchange<std::vector<FeedEntry>> read_feed(const std::vector<FeedSource>& sources, unsigned count,
                                           Millis block, const FeedPartitions& of = all_partitions());

}  // namespace slo::redis
