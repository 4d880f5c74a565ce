// SPDX-License-Identifier: BSD-2-Clause
// A leased delivery, and one attempt to make it: what it is doing, and where it stands among the others.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <vector>

#include "core/app/bound_cookie.h"
#include "core/delivery/delivery.h"
#include "core/delivery/receiver_queues.h"
#include "ngx_module/delivery/batch.h"
#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/store/pending_reply.h"

namespace slo::ngx {

struct LeasedDelivery {
  Delivery delivery{};
  ngx_msec_t lease_end = 0;
  Batch::Share share{};
};

using Queues = ReceiverQueues<LeasedDelivery>;

struct Attempt {
  enum class State : unsigned char {
    signing,    // its token, or its application's call, is being made
    ready,      // … and is there: it is called next
    in_flight,  // called just now
    old,        // called, and no answer for a while: it holds no place any more
    overdue,    // called, and no answer for so long that its receiver is suspect
    answered,   // settled; the rest of the answer is read, so that its connection can be used again
  };

  State state = State::signing;
  Queues::Call call{};
  LeasedDelivery leased{};
  Call sealed{};         // while ready
  ngx_msec_t began = 0;  // its call
  // Of an application's: what it is called with, and the question to the store for that.
  std::vector<BoundCookie> cookies{};
  PendingReply asked{};
  std::unique_ptr<DetachedCall> detached{};
};

// Attempts by their state, each state in the order of coming to it; an attempt keeps its address.
class Attempts {
 public:
  using List = std::list<Attempt>;
  using At = List::iterator;

  List& in(Attempt::State state) { return lists_[static_cast<std::size_t>(state)]; }
  const List& in(Attempt::State state) const { return lists_[static_cast<std::size_t>(state)]; }
  At add(Attempt attempt) {
    List& list = in(attempt.state);
    return list.insert(list.end(), std::move(attempt));
  }
  void move(At attempt, Attempt::State state) {
    List& to = in(state);
    to.splice(to.end(), in(attempt->state), attempt);
    attempt->state = state;
  }
  void remove(At attempt) { in(attempt->state).erase(attempt); }
  // That have not been called yet.
  std::size_t not_called() const {
    return in(Attempt::State::signing).size() + in(Attempt::State::ready).size();
  }
  bool are_none_called() const {
    using enum Attempt::State;
    return in(in_flight).empty() && in(old).empty() && in(overdue).empty();
  }

 private:
  std::array<List, 6> lists_{};
};

}  // namespace slo::ngx
