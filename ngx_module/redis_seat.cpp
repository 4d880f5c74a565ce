// SPDX-License-Identifier: BSD-2-Clause
// Seat and submission know each other, and whichever goes first tells the other.
#include "ngx_module/redis_seat.h"

namespace slo::ngx {

RedisLink::Seat::Seat(Waiting& waiting) : waiting_(&waiting) { waiting_->seat = this; }

RedisLink::Seat::Seat(Seat&& other) noexcept : waiting_(std::exchange(other.waiting_, nullptr)) {
  if (waiting_ != nullptr) waiting_->seat = this;
}

RedisLink::Seat& RedisLink::Seat::operator=(Seat&& other) noexcept {
  if (this == &other) return *this;
  const Seat leaving(std::move(*this));
  waiting_ = std::exchange(other.waiting_, nullptr);
  if (waiting_ != nullptr) waiting_->seat = this;
  return *this;
}

// The commands go their way; only the answer finds nobody.
RedisLink::Seat::~Seat() {
  if (waiting_ == nullptr) return;
  waiting_->seat = nullptr;
  if (!waiting_->kept) waiting_->hear = nullptr;
}

void RedisLink::Seat::keep() noexcept {
  if (waiting_ != nullptr) waiting_->kept = true;
}

}  // namespace slo::ngx
