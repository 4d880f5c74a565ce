// SPDX-License-Identifier: BSD-2-Clause
// What this host knows of ended sessions: marks in shared memory, how complete they are, and who feeds them.
//
// Read without a lock and without waiting. Written under the zone's mutex, which the master unlocks for a
// worker that dies with it. Outlives workers and reloads; a new zone knows nothing until it has been fed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/admin/status_page.h"
#include "core/moment.h"
#include "core/rp/guard.h"
#include "core/rp/mark.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/mark_table.h"
#include "ngx_module/marks/marks_zone.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/feed.h"
#include "redis_schema/key.h"

namespace slo::ngx {

// Which worker of the host feeds the marks. Of two, the one of the newer configuration.
struct Feeder {
  std::uint32_t generation = 0;
  std::uint32_t pid = 0;
};

class Marks {
 public:
  // REQUIRES: the zone of `conf` has been laid out, in this cycle.
  explicit Marks(const MainConf& conf);

  // The part of a provider; null: there is no room for it. Found again by its tag after a reload.
  ProviderMarks* part_of(const ProviderConf& provider) const noexcept { return parts_[provider.index]; }

  // Keyed by a secret of the zone.
  std::uint64_t fingerprint(const ProviderMarks& provider, Mark::Of of,
                            std::string_view value) const noexcept;
  // Stands for bytes of any length: no two texts that anybody can find have the same.
  using Digest = std::array<std::uint64_t, 2>;
  Digest digest(std::string_view bytes) const noexcept;
  std::optional<TimeS> find(std::uint64_t fingerprint, TimeS now) const noexcept;
  // Changes whenever something has been marked.
  std::uint64_t changes() const noexcept;

  enum class Put : std::uint8_t { added, known, full };
  Put put(const ProviderMarks& provider, const Mark& mark, TimeS now) const noexcept;
  // May a request that proves nothing add a mark? Those take a quarter of the zone at most.
  bool has_room_for_unproven() const noexcept;
  // A slice of the table each time, so that all of it has been swept once in a quarter of an hour where it is
  // called each second.
  void sweep(TimeS oldest, TimeS now) const noexcept;

  // How the marks stand, for judge(). `max_stale` as slo_provider says.
  Knowledge knowledge(const ProviderMarks& provider, Millis max_stale) const noexcept;
  // Since all streams of this configuration had been read to their ends; nothing: some never were.
  std::optional<Millis> age() const noexcept;
  MarksStatus status() const noexcept;

  void count(ProviderMarks& provider, GuardCounter counter) const noexcept;
  GuardCounts guard_counts(const ProviderConf& provider) const noexcept;

  // The feeder's.
  Feeder this_worker() const noexcept;
  bool take_feeding(Millis silence) const noexcept;  // true: this worker feeds, from now on or still
  void give_back_feeding() const noexcept;
  void beat() const noexcept;
  redis::FeedPlaces places(const ProviderMarks& provider) const noexcept;
  void set_place(ProviderMarks& provider, std::uint16_t partition, redis::FeedPlace place) const noexcept;
  // Forgets how far the streams were read: they are read again from their beginnings.
  void read_again(ProviderMarks& provider) const noexcept;
  // Of which store the places are, by store_seen(). Outlives the feeder, as they do.
  std::uint64_t store_of_places() const noexcept;
  void set_store_of_places(std::uint64_t store) const noexcept;
  // All streams have been read to their ends.
  void caught_up() const noexcept;
  // Some mark found no room: the log hears of the first since the marks were complete.
  void lose(ngx_log_t* log) const noexcept;
  bool has_lost() const noexcept;
  void found_all() const noexcept;

 private:
  MarksZone* zone_;
  std::uint32_t generation_;
  std::vector<ProviderMarks*> parts_{};  // by ProviderConf::index
};

// This worker's; null where no location guards or receives logouts. Set by who owns it.
const Marks* marks() noexcept;
void use_marks(const Marks* its) noexcept;

// Does somebody in this process need the marks, though it was told to quit? Then they are fed until he does
// not.
using NeedOfMarks = bool (*)();
void set_need_of_marks(NeedOfMarks need) noexcept;
bool are_marks_needed();

}  // namespace slo::ngx
