// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
//
// Lives as long as anybody has a share in it: the seat of the waiting side, and each delivery that has no
// first answer.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/logout_page.h"
#include "ngx_module/ngx.h"
#include "ngx_module/wake.h"

namespace slo::ngx {

class Batch {
 public:
  using WhenTold = std::function<void(const std::vector<Told>&)>;

  // One delivery's share. Destroyed without an answer, the delivery stays pending.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)), place_(other.place_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(batch_, other.batch_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Share() { let_go(); }
    void answer(Told::State state);

   private:
    friend class Batch;
    Share(Batch* batch, std::size_t place) : batch_(batch), place_(place) {}
    void let_go() noexcept;
    Batch* batch_ = nullptr;
    std::size_t place_ = 0;
  };

  // The seat of the waiting side is taken; leave() gives it up.
  static Batch* open(ngx_log_t* log, WhenTold when_told);
  Share share(const ClientId& client);
  // All have got their shares: from now on `when_told` may be called.
  void close(Millis wait);
  void leave() noexcept;

  Batch(ngx_log_t* log, WhenTold when_told);

 private:
  void tell();
  void look();

  std::unique_ptr<Batch> self_{};
  WhenTold when_told_;  // empty: told, or nobody waits any more
  std::vector<Told> told_{};
  unsigned shares_ = 0;
  bool is_seated_ = true;
  bool is_closed_ = false;
  Wake wake_;
};

}  // namespace slo::ngx
