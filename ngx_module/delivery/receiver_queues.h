// SPDX-License-Identifier: BSD-2-Clause
// Receiver queues: one queue per receiver, so that a receiver that hangs keeps nobody waiting but its own
// deliveries.
//
// Knows nothing of nginx. Receiver queues take turns, each within its own cap and all of them within a common
// one; every step takes constant time. A receiver that failed several times in a row is tried one delivery at
// a time until it answers.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace slo::ngx {

struct QueueCaps {
  unsigned in_all = 64;
  unsigned per_receiver = 4;
};

inline constexpr unsigned failures_that_open_it = 3;

// What the end of a call means for its queue.
enum class ReceiverNews : unsigned char { none, troubled, recovered };

template <class LeasedDelivery>
class ReceiverQueues {
 public:
  struct ReceiverQueue {
    explicit ReceiverQueue(std::string receiver) : name(std::move(receiver)) {}
    bool is_troubled() const { return strikes >= failures_that_open_it; }

    std::string name;
    std::deque<LeasedDelivery> waiting{};
    unsigned running = 0;
    unsigned strikes = 0;
    bool queued = false;  // stands in the order of turns
  };

  explicit ReceiverQueues(QueueCaps caps) : caps_(caps) {}

  void add(const std::string& name, LeasedDelivery leased) {
    ReceiverQueue& queue = queues_.try_emplace(name, name).first->second;
    queue.waiting.push_back(std::move(leased));
    ++waiting_;
    enqueue(queue);
  }

  bool may_start() const { return running_ < caps_.in_all && !turns_.empty(); }

  struct Started {
    ReceiverQueue* queue;
    LeasedDelivery leased;
  };
  // The next leased delivery in turn, counted as running until over(). REQUIRES: may_start().
  Started start() {
    ReceiverQueue& queue = *turns_.front();
    turns_.pop_front();
    queue.queued = false;
    Started started{&queue, std::move(queue.waiting.front())};
    queue.waiting.pop_front();
    --waiting_;
    ++queue.running;
    ++running_;
    enqueue(queue);
    return started;
  }

  // Nothing was learnt about the receiver.
  void over(ReceiverQueue& queue) {
    --queue.running;
    --running_;
    enqueue(queue);
  }

  ReceiverNews over(ReceiverQueue& queue, bool receiver_works) {
    bool was_troubled = queue.is_troubled();
    queue.strikes = receiver_works ? 0 : queue.strikes + 1;
    over(queue);
    if (queue.is_troubled() == was_troubled) return ReceiverNews::none;
    return was_troubled ? ReceiverNews::recovered : ReceiverNews::troubled;
  }

  std::size_t waiting() const { return waiting_; }
  std::size_t running() const { return running_; }
  std::size_t ready() const { return turns_.size(); }  // queues that may start one
  // How many more could start at once. What waits for its own receiver does not count.
  std::size_t room() const { return turns_.empty() && running_ < caps_.in_all ? caps_.in_all - running_ : 0; }
  // Is one more for this receiver in vain for now: it does not answer, and enough deliveries wait to try it
  // with?
  bool is_shut(const std::string& name) const {
    auto found = queues_.find(name);
    return found != queues_.end() && found->second.is_troubled() && !found->second.waiting.empty();
  }

  // Everything that has not started.
  std::vector<LeasedDelivery> give_up() {
    std::vector<LeasedDelivery> leased_deliveries;
    leased_deliveries.reserve(waiting_);
    for (auto& [name, queue] : queues_) {
      for (auto& leased : queue.waiting) leased_deliveries.push_back(std::move(leased));
      queue.waiting.clear();
      queue.queued = false;
    }
    turns_.clear();
    waiting_ = 0;
    return leased_deliveries;
  }

 private:
  void enqueue(ReceiverQueue& queue) {
    unsigned cap = queue.is_troubled() ? 1 : caps_.per_receiver;
    if (queue.queued || queue.waiting.empty() || queue.running >= cap) return;
    queue.queued = true;
    turns_.push_back(&queue);
  }

  QueueCaps caps_;
  std::unordered_map<std::string, ReceiverQueue> queues_{};  // never shrinks: as many as there are receivers
  std::deque<ReceiverQueue*> turns_{};                       // queues that may start a leased delivery
  std::size_t waiting_ = 0;
  std::size_t running_ = 0;
};

}  // namespace slo::ngx
