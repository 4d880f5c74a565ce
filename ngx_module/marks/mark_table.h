// SPDX-License-Identifier: BSD-2-Clause
// Marks in shared memory: a word each, read without a lock, found in two cache lines, never evicted.
//
// A mark lies in one of the two buckets that follow from its fingerprint, so that a look-up costs the same
// however many there are, and a mark goes by clearing its word. Of the fingerprint 39 bits are kept: a
// session that is not marked is taken for one that is once in 3e10 times, since the fingerprint is keyed by a
// secret nobody can choose such a session.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/moment.h"

namespace slo::ngx {

class MarkTable {
 public:
  using Word = std::atomic<std::uint64_t>;
  struct Bucket {
    std::array<Word, 8> words{};
  };
  static_assert(sizeof(Bucket) == 64);

  // Seconds are kept in 24 bits: a mark must be swept before half of them have passed.
  static constexpr Seconds longest_retention{90 * 24 * 3600};

  // `buckets`: all zero at first.
  explicit MarkTable(std::span<Bucket> buckets) noexcept : buckets_(buckets) {}

  // When it was marked; nothing: it is not. In any thread or process, at any time.
  std::optional<TimeS> find(std::uint64_t fingerprint, TimeS now) const noexcept;

  // One writer at a time, here and below. A mark that is there already keeps the later of the two times.
  enum class Put : std::uint8_t { added, known, full };
  struct How {
    TimeS at{};
    TimeS now{};
    bool is_proven = true;  // by a signature; for unproven()
  };
  Put put(std::uint64_t fingerprint, const How& how) noexcept;

  // Takes marks of before `oldest` out of the next `count` buckets from `first` on.
  struct Swept {
    std::size_t proven = 0;
    std::size_t unproven = 0;
  };
  Swept sweep(std::size_t first, std::size_t count, TimeS oldest, TimeS now) noexcept;

  std::size_t buckets() const noexcept { return buckets_.size(); }
  std::size_t capacity() const noexcept { return buckets_.size() * Bucket{}.words.size(); }

 private:
  std::span<Bucket> buckets_;
};

}  // namespace slo::ngx
