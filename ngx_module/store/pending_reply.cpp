// SPDX-License-Identifier: BSD-2-Clause
// PendingReply and submission know each other, and whichever goes first tells the other.
#include "ngx_module/store/pending_reply.h"

namespace slo::ngx {

PendingReply::PendingReply(Waiting& waiting) : waiting_(&waiting) { waiting_->pending = this; }

PendingReply::PendingReply(PendingReply&& other) noexcept : waiting_(std::exchange(other.waiting_, nullptr)) {
  if (waiting_ != nullptr) waiting_->pending = this;
}

PendingReply& PendingReply::operator=(PendingReply&& other) noexcept {
  if (this == &other) return *this;
  const PendingReply leaving(std::move(*this));
  waiting_ = std::exchange(other.waiting_, nullptr);
  if (waiting_ != nullptr) waiting_->pending = this;
  return *this;
}

// The commands go their way; only the answer finds nobody.
PendingReply::~PendingReply() {
  if (waiting_ == nullptr) return;
  waiting_->pending = nullptr;
  if (!waiting_->kept) waiting_->on_reply = nullptr;
}

void PendingReply::keep() noexcept {
  if (waiting_ != nullptr) waiting_->kept = true;
}

}  // namespace slo::ngx
