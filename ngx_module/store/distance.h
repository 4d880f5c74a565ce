// SPDX-License-Identifier: BSD-2-Clause
// How far away the store is: the shortest time that a reply took within the last ten to twenty seconds.
//
// What waited in a queue took longer; so the shortest is the way there and back.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace slo::ngx {

class Distance {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Micros = std::chrono::microseconds;

  void note(Time sent, Time answered) {
    if (answered >= turn_ + half) before_ = now_, now_ = {}, turn_ = answered;
    const auto took = std::chrono::duration_cast<Micros>(answered - sent);
    now_ = now_ ? std::min(*now_, took) : took;
  }
  // Nought, where nothing has been answered yet.
  Micros shortest() const {
    if (!now_ || !before_) return now_.value_or(before_.value_or(Micros{0}));
    return std::min(*now_, *before_);
  }

 private:
  static constexpr std::chrono::seconds half{10};
  Time turn_{};
  std::optional<Micros> now_{}, before_{};
};

}  // namespace slo::ngx
