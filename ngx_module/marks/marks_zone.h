// SPDX-License-Identifier: BSD-2-Clause
// What lies in the shared memory of marks, for the units of this room.
#pragma once

#include <sodium/crypto_shorthash.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "ngx_module/config/conf.h"
#include "ngx_module/marks/mark_table.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/feed.h"

namespace slo::ngx {

// Called at the end of the configuration, where something needs marks.
ngx_int_t add_marks_zone(ngx_conf_t* cf, StoreConf& store);

using Count = std::atomic<std::uint64_t>;

enum class GuardCounter : std::uint8_t { refused, would_refuse, without_evidence, unsure };
inline constexpr std::size_t guard_counters = 4;

// Of one provider: how far its streams have been read, and what its guards have seen.
struct ProviderMarks {
  std::array<char, 32> tag{};  // of its issuer; NUL-padded
  std::uint64_t salt = 0;      // in front of all that is fingerprinted for it
  std::array<Count, guard_counters> counts{};
  redis::FeedPlaces places{};                 // under the mutex
  std::atomic<std::uint64_t> caught_up_at{};  // with its streams, by now_of_host(); 0: never
  ProviderMarks* next = nullptr;
};

struct MarksZone {
  std::array<unsigned char, crypto_shorthash_KEYBYTES> secret{};
  ngx_slab_pool_t* pool = nullptr;
  MarkTable::Bucket* buckets = nullptr;
  std::size_t bucket_count = 0;
  ProviderMarks* providers = nullptr;               // under the mutex
  std::uint32_t generation = 0;                     // of configurations; the master's alone
  std::size_t next_swept = 0;                       // under the mutex
  alignas(64) std::atomic<std::uint64_t> feeder{};  // generation and pid
  std::atomic<std::uint64_t> beat{};                // of the feeder, by now_of_host()
  std::atomic<bool> has_lost{};
  std::atomic<std::uint64_t> store_of_places{};
  Count changes{}, marks{}, unproven{};
};

// While it lives, nobody else writes.
class Locked {
 public:
  explicit Locked(const MarksZone& zone) noexcept : pool_(*zone.pool) { ngx_shmtx_lock(&pool_.mutex); }
  ~Locked() { ngx_shmtx_unlock(&pool_.mutex); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  ngx_slab_pool_t& pool_;
};

inline MarkTable table_of(const MarksZone& zone) noexcept {
  return MarkTable({zone.buckets, zone.bucket_count});
}

// SipHash, keyed by the zone's secret.
std::uint64_t hash_of(const MarksZone& zone, std::string_view bytes) noexcept;

// The part of the provider of that tag, found or made; null: there is no room.
ProviderMarks* part_in(MarksZone& zone, const std::string& tag) noexcept;

}  // namespace slo::ngx
