// SPDX-License-Identifier: BSD-2-Clause
// What ended sessions owe, and bundles: deliveries of many clients, enqueued a few at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/delivery/delivery.h"
#include "core/session.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// An entry of the queue that stands for all deliveries of an ended session which are not enqueued yet. It is
// leased, fenced and settled like a delivery: `Delivered` says that it is empty.
struct Bundle {
  SessionKey session{};
  std::string reason{};
  std::string logout_id{};
  std::string place{"0"};  // the number of joining at which the next ones begin; empty: there are none
  std::uint64_t token = 1;
  bool is_untouched() const { return place == "0"; }
  friend bool operator==(const Bundle&, const Bundle&) = default;
};
// The bundle as what settle() takes.
Delivery entry_of(const Bundle& bundle);

// Is this entry of the queue a bundle? Its id is the session's key, its record
// `ended ms␟reason␟logout id␟last place␟next place[␟last error␟its token␟0]`.
bool is_bundle(std::string_view id);
Bundle read_bundle(std::string_view id, std::string_view record, std::uint64_t token);

// Ours until their leases run out.
struct Owed {
  std::vector<Delivery> deliveries{};
  std::vector<Bundle> bundles{};
  friend bool operator==(const Owed&, const Owed&) = default;
};

struct UnbundleTerms {
  Millis lease{};      // of the deliveries, and of the bundle from now on
  unsigned count = 1;  // about how many
  Seconds tombstone{};
  Seconds retention{feed_retention};  // as in EndTerms
};
struct Unbundled {
  Session session{};  // with the next participants alone, told through whatever channel
  std::vector<Delivery> deliveries{};
  std::string place{};  // the bundle's from now on
  friend bool operator==(const Unbundled&, const Unbundled&) = default;
};
// nullopt: the lease was lost to somebody else, who goes on with it. May be repeated, as all exchanges may.
Exchange<std::optional<Unbundled>> unbundle(const Space&, const Bundle& bundle, const UnbundleTerms& terms);

}  // namespace slo::redis
