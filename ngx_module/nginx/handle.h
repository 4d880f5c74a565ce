// SPDX-License-Identifier: BSD-2-Clause
// A back-pointer that gives up, when it goes, what its holder had.
#pragma once

#include <utility>

namespace slo::ngx {

// Movable, and may be empty. REQUIRES: what it points to outlives it.
template <class T, void (T::*give_up)() noexcept>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T& to) noexcept : to_(&to) {}
  Handle(Handle&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~Handle() { reset(); }

  void reset() noexcept {
    if (T* to = std::exchange(to_, nullptr)) (to->*give_up)();
  }
  T* get() const noexcept { return to_; }

 private:
  T* to_ = nullptr;
};

}  // namespace slo::ngx
