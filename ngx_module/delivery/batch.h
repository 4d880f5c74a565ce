// SPDX-License-Identifier: BSD-2-Clause
// The deliveries that one ended session sent out together, and the one who waits for their first answers.
//
// Its owner keeps it as long as anybody has a part in it: the waiting side, each source of further
// deliveries, and each delivery that has no first answer.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "core/op/logout_page.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/handle.h"

namespace slo::ngx {

// What somebody waits for, and how he is told; never from inside the call that begins the wait.
struct BatchListener {
  Millis time{};  // at most so long for the first answers
  // Once, at the end. One entry for each delivery that was enqueued by then.
  std::function<void(const std::vector<Told>&)> told{};
};

class Batch {
  void end_share() noexcept;
  void end_source() noexcept;
  void leave() noexcept;

 public:
  // One delivery's share. Destroyed without an answer, the delivery stays pending.
  class Share {
   public:
    Share() = default;
    void answer(Told::State state);

   private:
    friend class Batch;
    Share(Batch& batch, std::size_t place) : batch_(batch), place_(place) {}
    Handle<Batch, &Batch::end_share> batch_{};
    std::size_t place_ = 0;
  };

  // Where further deliveries of the batch come from; none once it is destroyed. An empty one has no batch.
  class Source {
   public:
    Source() = default;
    Share share(const ClientId& client);

   private:
    friend class Batch;
    explicit Source(Batch& batch) : batch_(batch) {}
    Handle<Batch, &Batch::end_source> batch_{};
  };

  // The waiting side: destroyed, nobody is called; the deliveries go on.
  class Waiting {
   public:
    Waiting() = default;
    std::vector<Told> told() const;  // so far; of an empty handle nobody

   private:
    friend class Batch;
    explicit Waiting(Batch& batch) : batch_(batch) {}
    Handle<Batch, &Batch::leave> batch_{};
  };

  // `over`: nobody has a part in it any more; it may be destroyed, and is not touched again.
  Batch(ngx_log_t* log, BatchListener listener, std::function<void()> over);
  Batch(const Batch&) = delete;

  Waiting waiting() { return Waiting(*this); }  // to be taken first, once
  Share share(const ClientId& client);
  Source source();
  // All have got their parts: from now on the waiting side may be told.
  void close();

 private:
  bool is_complete() const { return shares_ == 0 && sources_ == 0; }
  void tell();
  void look();

  BatchListener listener_;  // `told` is empty: he was told, or nobody waits any more
  std::function<void()> over_;
  std::vector<Told> told_{};
  unsigned shares_ = 0;
  unsigned sources_ = 0;
  bool is_waited_for_ = true;
  bool is_closed_ = false;
  Event event_;
};

}  // namespace slo::ngx
