// SPDX-License-Identifier: BSD-2-Clause
// Words of a mark: the upper 39 bits of its fingerprint, whether it is unproven, 24 bits of its second.
#include "ngx_module/marks/mark_table.h"

#include <algorithm>

namespace slo::ngx {
namespace {

using Word = MarkTable::Word;
using Bucket = MarkTable::Bucket;

constexpr std::uint64_t second_mask = 0xffffff;
constexpr std::uint64_t unproven_bit = second_mask + 1;
constexpr std::uint64_t name_mask = ~(second_mask | unproven_bit);
constexpr std::uint64_t in_future = 3600;  // seconds that a mark's time may be ahead of us

// Never zero, which is an empty place.
std::uint64_t name_of(std::uint64_t fingerprint) noexcept {
  const std::uint64_t name = fingerprint & name_mask;
  return name == 0 ? unproven_bit << 1 : name;
}

std::uint64_t second_of(TimeS time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) & second_mask;
}

TimeS time_of(std::uint64_t word, TimeS now) noexcept {
  const std::uint64_t age = (second_of(now) - (word & second_mask)) & second_mask;
  if (age > second_mask - in_future) return now + Seconds(second_mask + 1 - age);
  return now - Seconds(age);
}

// Of 32 bits a place among `count`, evenly.
std::size_t place_among(std::uint64_t bits, std::size_t count) noexcept {
  return static_cast<std::size_t>((bits & 0xffffffff) * count >> 32);
}

struct Homes {
  std::size_t first;
  std::size_t second;
};

Homes homes_of(std::uint64_t fingerprint, std::size_t count) noexcept {
  constexpr std::uint64_t spread =
      0x9e3779b97f4a7c15;  // 2^64 over the golden ratio: the halves are not alike
  return {place_among(fingerprint, count), place_among(fingerprint * spread >> 32, count)};
}

Word* find_in(Bucket& bucket, std::uint64_t name) noexcept {
  const auto is_it = [name](const Word& word) {
    return (word.load(std::memory_order_relaxed) & name_mask) == name;
  };
  const auto found = std::ranges::find_if(bucket.words, is_it);
  return found == bucket.words.end() ? nullptr : &*found;
}

std::size_t used_of(const Bucket& bucket) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      bucket.words, [](const Word& word) { return word.load(std::memory_order_relaxed) != 0; }));
}

}  // namespace

std::optional<TimeS> MarkTable::find(std::uint64_t fingerprint, TimeS now) const noexcept {
  if (buckets_.empty()) return std::nullopt;
  const std::uint64_t name = name_of(fingerprint);
  const Homes homes = homes_of(fingerprint, buckets_.size());
  __builtin_prefetch(&buckets_[homes.second]);
  for (const std::size_t home : {homes.first, homes.second}) {
    if (const Word* word = find_in(buckets_[home], name)) {
      const std::uint64_t value = word->load(std::memory_order_relaxed);
      if ((value & name_mask) == name) return time_of(value, now);
    }
  }
  return std::nullopt;
}

MarkTable::Put MarkTable::put(std::uint64_t fingerprint, const How& how) noexcept {
  if (buckets_.empty()) return Put::full;
  const std::uint64_t name = name_of(fingerprint);
  const TimeS at = std::min(how.at, how.now + Seconds(in_future));  // a clock that is ahead makes no mark old
  const std::uint64_t value = name | second_of(at) | (how.is_proven ? 0 : unproven_bit);
  const Homes homes = homes_of(fingerprint, buckets_.size());
  Bucket &first = buckets_[homes.first], &second = buckets_[homes.second];
  for (Bucket* home : {&first, &second}) {
    Word* word = find_in(*home, name);
    if (word == nullptr) continue;
    const std::uint64_t before = word->load(std::memory_order_relaxed);
    if (at > time_of(before, how.now))  // proven or not, it counts as it did
      word->store(name | second_of(at) | (before & unproven_bit), std::memory_order_relaxed);
    return Put::known;
  }
  Bucket& emptier = used_of(first) <= used_of(second) ? first : second;
  const auto free = std::ranges::find_if(
      emptier.words, [](const Word& word) { return word.load(std::memory_order_relaxed) == 0; });
  if (free == emptier.words.end()) return Put::full;
  free->store(value, std::memory_order_release);
  return Put::added;
}

MarkTable::Swept MarkTable::sweep(std::size_t first, std::size_t count, TimeS oldest, TimeS now) noexcept {
  Swept swept;
  for (std::size_t i = 0; i < std::min(count, buckets_.size()); ++i) {
    for (Word& word : buckets_[(first + i) % buckets_.size()].words) {
      const std::uint64_t value = word.load(std::memory_order_relaxed);
      if (value == 0 || time_of(value, now) >= oldest) continue;
      word.store(0, std::memory_order_relaxed);
      ++((value & unproven_bit) == 0 ? swept.proven : swept.unproven);
    }
  }
  return swept;
}

}  // namespace slo::ngx
