// SPDX-License-Identifier: BSD-2-Clause
// Sentinel: what is asked, what of an answer is believed, and who is asked next.
//
// What to do with a connection is the host's business; where it goes is decided here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis_schema/exchange.h"
#include "redis_schema/servers/peer.h"

namespace slo::redis {

// What Sentinel itself accepts: 1 to 255 letters, digits, `.`, `_` and `-`.
bool is_master_name(std::string_view text) noexcept;

struct SentinelAnswer {
  std::optional<Peer> master{};  // none: this sentinel does not know that name
  std::vector<Peer> others{};    // the sentinels that it has met there; those without an address left out
  friend bool operator==(const SentinelAnswer&, const SentinelAnswer&) = default;
};
// store_refused with the code, where it may not be asked; store_reply_unexpected.
Exchange<SentinelAnswer> ask_sentinel(const std::string& master);

// To be told of every new master, on a connection that says nothing else but PING.
Command subscribe_to_failovers();
// The new address of `master`, where this message says that it has moved. Also before all sentinels agree:
// who conducts a failover says first that a replica was promoted.
std::optional<Peer> moved_to(const Reply& message, std::string_view master);

// Whom ROLE shows to be no master, as a clause; none: it is one.
std::optional<std::string> why_it_is_no_master(const Reply& role);

// The sentinels that are known: those of the configuration, and those that they have named.
class SentinelList {
 public:
  // REQUIRES: there is one.
  explicit SentinelList(std::vector<Peer> configured);

  const std::vector<Peer>& in_order() const noexcept { return all_; }
  // `who` goes first from now on; whom nobody names any more is forgotten, unless he is configured.
  void answered(const Peer& who, const std::vector<Peer>& others);

 private:
  std::vector<Peer> configured_;
  std::vector<Peer> all_;
};

// One search for the master: asks one after another, and is over with the first who knows.
class MasterSearch {
 public:
  // REQUIRES: `list` outlives it.
  MasterSearch(SentinelList& list, std::string master) : list_(list), master_(std::move(master)) {}

  void begin();
  const Peer* whom() const noexcept;  // to be asked now; null: it is over
  void answered(const SentinelAnswer& answer);
  void failed(const std::string& why);
  // REQUIRES: it is over.
  const std::optional<Peer>& found() const noexcept { return found_; }
  std::string why_not() const;  // as a clause

 private:
  SentinelList& list_;
  std::string master_;
  std::vector<Peer> left_{};  // the next one last
  std::optional<Peer> found_{};
  bool is_unknown_ = false;  // to somebody who answered
  std::string trouble_{};    // with the last one who did not
};

}  // namespace slo::redis
