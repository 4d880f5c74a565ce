// SPDX-License-Identifier: BSD-2-Clause
// Seat and submission know each other, and whichever goes first tells the other.
#include "ngx_module/redis/pending_reply.h"

namespace slo::ngx {

RedisSeat::RedisSeat(Waiting& waiting) : waiting_(&waiting) { waiting_->seat = this; }

RedisSeat::RedisSeat(RedisSeat&& other) noexcept : waiting_(std::exchange(other.waiting_, nullptr)) {
  if (waiting_ != nullptr) waiting_->seat = this;
}

RedisSeat& RedisSeat::operator=(RedisSeat&& other) noexcept {
  if (this == &other) return *this;
  const RedisSeat leaving(std::move(*this));
  waiting_ = std::exchange(other.waiting_, nullptr);
  if (waiting_ != nullptr) waiting_->seat = this;
  return *this;
}

// The commands go their way; only the answer finds nobody.
RedisSeat::~RedisSeat() {
  if (waiting_ == nullptr) return;
  waiting_->seat = nullptr;
  if (!waiting_->kept) waiting_->hear = nullptr;
}

void RedisSeat::keep() noexcept {
  if (waiting_ != nullptr) waiting_->kept = true;
}

}  // namespace slo::ngx
