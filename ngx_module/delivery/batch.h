// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
//
// Lives as long as anybody has a part in it: the handle of the waiting side, each source of further
// deliveries, and each delivery that has no first answer.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/op/logout_page.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// What somebody waits for, and how he is told; never from inside the call that begins the wait.
struct BatchListener {
  Millis time{};  // at most so long for the first answers
  // Once, at the end. One entry for each delivery that was enqueued by then.
  std::function<void(const std::vector<Told>&)> told{};
};

class Batch {
 public:
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

  // Where further deliveries of the batch come from; none once it is destroyed. An empty one has no batch.
  class Source {
   public:
    Source() = default;
    Source(Source&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
    Source& operator=(Source&& other) noexcept {
      std::swap(batch_, other.batch_);
      return *this;
    }
    ~Source();
    Share share(const ClientId& client);

   private:
    friend class Batch;
    explicit Source(Batch* batch) : batch_(batch) {}
    Batch* batch_ = nullptr;
  };

  // The handle of the waiting side is taken; leave() gives it up.
  static Batch* open(ngx_log_t* log, BatchListener waiting);
  Share share(const ClientId& client);
  Source source();
  // All have got their parts: from now on the waiting side may be told.
  void close();
  void leave() noexcept;
  const std::vector<Told>& told() const { return told_; }  // so far

  Batch(ngx_log_t* log, BatchListener waiting);

 private:
  bool is_complete() const { return shares_ == 0 && sources_ == 0; }
  void tell();
  void look();

  std::unique_ptr<Batch> self_{};
  BatchListener waiting_;  // `told` is empty: he was told, or nobody waits any more
  std::vector<Told> told_{};
  unsigned shares_ = 0;
  unsigned sources_ = 0;
  bool is_seated_ = true;
  bool is_closed_ = false;
  Event event_;
};

}  // namespace slo::ngx
