// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
#include "ngx_module/batch.h"

namespace slo::ngx {

Batch::Batch(ngx_log_t* log, WhenTold when_told)
    : when_told_(std::move(when_told)), wake_(log, [this] { tell(); }) {}

Batch* Batch::open(ngx_log_t* log, WhenTold when_told) {
  auto batch = std::make_unique<Batch>(log, std::move(when_told));
  Batch* opened = batch.get();
  opened->self_ = std::move(batch);
  return opened;
}

Batch::Share Batch::share(const ClientId& client) {
  told_.push_back({.client = client});
  ++shares_;
  return {this, told_.size() - 1};
}

void Batch::close(Millis wait) {
  is_closed_ = true;
  if (shares_ == 0 || wait <= Millis(0)) {
    wake_.post();  // a draining worker might not see another turn
  } else {
    wake_.after(wait);
  }
}

void Batch::leave() noexcept {
  is_seated_ = false;
  when_told_ = nullptr;
  wake_.cancel();
  look();
}

// What is left to do once a share or the seat is gone.
void Batch::look() {
  if (shares_ > 0) return;
  if (!is_seated_) {
    auto last = std::move(self_);  // nobody needs this batch any more
  } else if (is_closed_ && when_told_) {
    wake_.post();
  }
}

void Batch::tell() {
  wake_.cancel();
  auto call = std::exchange(when_told_, nullptr);
  if (!call) return;
  std::vector<Told> told = told_;
  call(told);  // may give up the seat, and this batch with it
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

}  // namespace slo::ngx
