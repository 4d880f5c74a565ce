// SPDX-License-Identifier: BSD-2-Clause
// Random: random bytes ahead of need, since OpenSSL takes as long for a few as for thousands.
#pragma once

#include <array>
#include <cstddef>

#include "core/moment.h"

namespace slo::ngx {

// Each process has its own: a copy in a fork would throw the same.
class Random {
 public:
  using Throw = decltype(Moment::random);
  Random() = default;
  Random(const Random&) = delete;
  ~Random();

  // Bytes that nobody had before and that are kept nowhere here. Throws std::bad_alloc where OpenSSL has
  // none.
  Throw roll();

 private:
  static constexpr std::size_t ahead = 32;  // throws
  std::array<Throw, ahead> throws_{};
  std::size_t left_ = 0;
};

}  // namespace slo::ngx
