// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
#include "ngx_module/delivery/batch.h"

namespace slo::ngx {

Batch::Batch(ngx_log_t* log, BatchListener waiting)
    : waiting_(std::move(waiting)), event_(log, [this] { tell(); }) {}

Batch* Batch::open(ngx_log_t* log, BatchListener waiting) {
  auto batch = std::make_unique<Batch>(log, std::move(waiting));
  Batch* opened = batch.get();
  opened->self_ = std::move(batch);
  return opened;
}

Batch::Share Batch::share(const ClientId& client) {
  told_.push_back({.client = client});
  ++shares_;
  return {this, told_.size() - 1};
}

Batch::Source Batch::source() {
  ++sources_;
  return Source(this);
}

void Batch::close() {
  is_closed_ = true;
  if (is_complete() || waiting_.time <= Millis(0)) {
    event_.post();  // a draining worker might not see another turn
  } else {
    event_.after(waiting_.time);
  }
}

void Batch::leave() noexcept {
  is_seated_ = false;
  waiting_.told = nullptr;
  event_.cancel();
  look();
}

// What is left to do once a part or the handle is gone.
void Batch::look() {
  if (is_complete() && !is_seated_) {
    auto last = std::move(self_);  // nobody needs this batch any more
  } else if (waiting_.told && is_closed_ && is_complete()) {
    event_.post();
  }
}

void Batch::tell() {
  event_.cancel();
  auto call = std::exchange(waiting_.told, nullptr);
  if (!call) return;
  std::vector<Told> told = told_;
  call(told);  // may give up the handle, and this batch with it
}

void Batch::Share::answer(Told::State state) {
  if (batch_ != nullptr) batch_->told_[place_].state = state;
  let_go();
}

void Batch::Share::let_go() noexcept {
  Batch* batch = std::exchange(batch_, nullptr);
  if (batch == nullptr) return;
  --batch->shares_;
  batch->look();
}

Batch::Share Batch::Source::share(const ClientId& client) {
  return batch_ != nullptr ? batch_->share(client) : Share();
}

Batch::Source::~Source() {
  if (batch_ == nullptr) return;
  --batch_->sources_;
  batch_->look();
}

}  // namespace slo::ngx
