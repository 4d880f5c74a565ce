// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
#include "ngx_module/delivery/batch.h"

namespace slo::ngx {

Batch::Batch(ngx_log_t* log, BatchListener listener, std::function<void()> over)
    : listener_(std::move(listener)), over_(std::move(over)), event_(log, [this] { tell(); }) {}

Batch::Share Batch::share(const ClientId& client) {
  told_.push_back({.client = client});
  ++shares_;
  return {*this, told_.size() - 1};
}

Batch::Source Batch::source() {
  ++sources_;
  return Source(*this);
}

void Batch::close() {
  is_closed_ = true;
  if (is_complete() || listener_.time <= Millis(0)) {
    event_.post();  // a draining worker might not see another turn
  } else {
    event_.after(listener_.time);
  }
}

void Batch::end_share() noexcept {
  --shares_;
  look();
}

void Batch::end_source() noexcept {
  --sources_;
  look();
}

void Batch::leave() noexcept {
  is_waited_for_ = false;
  listener_.told = nullptr;
  event_.cancel();
  look();
}

// What is left to do once a part has gone.
void Batch::look() {
  if (is_complete() && !is_waited_for_) {
    const auto over = std::move(over_);
    over();
  } else if (listener_.told && is_closed_ && is_complete()) {
    event_.post();
  }
}

void Batch::tell() {
  event_.cancel();
  auto call = std::exchange(listener_.told, nullptr);
  if (!call) return;
  std::vector<Told> told = told_;
  call(told);  // may give up the handle, and this batch with it
}

void Batch::Share::answer(Told::State state) {
  if (Batch* batch = batch_.get()) batch->told_[place_].state = state;
  batch_.reset();
}

Batch::Share Batch::Source::share(const ClientId& client) {
  return batch_.get() != nullptr ? batch_.get()->share(client) : Share();
}

std::vector<Told> Batch::Waiting::told() const {
  return batch_.get() != nullptr ? batch_.get()->told_ : std::vector<Told>();
}

}  // namespace slo::ngx
