// SPDX-License-Identifier: BSD-2-Clause
// Lanes: one queue per receiver, so that a receiver that hangs keeps nobody waiting but its own deliveries.
//
// Knows nothing of nginx. Lanes take turns, each within its own cap and all of them within a common one;
// every step takes constant time. A receiver that failed several times in a row is tried one delivery at a
// time until it answers.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace slo::ngx {

struct LaneCaps {
  unsigned in_all = 64;
  unsigned per_lane = 4;
};

inline constexpr unsigned strikes_that_close_a_lane = 3;

// What the end of a call means for its lane.
enum class LaneNews : unsigned char { none, troubled, recovered };

template <class Parcel>
class Lanes {
 public:
  struct Lane {
    explicit Lane(std::string receiver) : name(std::move(receiver)) {}
    bool is_troubled() const { return strikes >= strikes_that_close_a_lane; }

    std::string name;
    std::deque<Parcel> waiting{};
    unsigned running = 0;
    unsigned strikes = 0;
    bool queued = false;  // stands in the order of turns
  };

  explicit Lanes(LaneCaps caps) : caps_(caps) {}

  void add(const std::string& name, Parcel parcel) {
    Lane& lane = lanes_.try_emplace(name, name).first->second;
    lane.waiting.push_back(std::move(parcel));
    ++waiting_;
    queue(lane);
  }

  bool may_start() const { return running_ < caps_.in_all && !turns_.empty(); }

  struct Started {
    Lane* lane;
    Parcel parcel;
  };
  // The next parcel in turn, counted as running until over(). REQUIRES: may_start().
  Started start() {
    Lane& lane = *turns_.front();
    turns_.pop_front();
    lane.queued = false;
    Started started{&lane, std::move(lane.waiting.front())};
    lane.waiting.pop_front();
    --waiting_;
    ++lane.running;
    ++running_;
    queue(lane);
    return started;
  }

  // Nothing was learnt about the receiver.
  void over(Lane& lane) {
    --lane.running;
    --running_;
    queue(lane);
  }

  LaneNews over(Lane& lane, bool receiver_works) {
    bool was_troubled = lane.is_troubled();
    lane.strikes = receiver_works ? 0 : lane.strikes + 1;
    over(lane);
    if (lane.is_troubled() == was_troubled) return LaneNews::none;
    return was_troubled ? LaneNews::recovered : LaneNews::troubled;
  }

  std::size_t waiting() const { return waiting_; }
  std::size_t running() const { return running_; }
  std::size_t ready() const { return turns_.size(); }  // lanes that may start one
  // How many more could start at once. What waits for its own receiver does not count.
  std::size_t room() const { return turns_.empty() && running_ < caps_.in_all ? caps_.in_all - running_ : 0; }
  // Is one more for this receiver in vain for now: it does not answer, and enough deliveries wait to try it
  // with?
  bool is_shut(const std::string& name) const {
    auto found = lanes_.find(name);
    return found != lanes_.end() && found->second.is_troubled() && !found->second.waiting.empty();
  }

  // Everything that has not started.
  std::vector<Parcel> give_up() {
    std::vector<Parcel> parcels;
    parcels.reserve(waiting_);
    for (auto& [name, lane] : lanes_) {
      for (auto& parcel : lane.waiting) parcels.push_back(std::move(parcel));
      lane.waiting.clear();
      lane.queued = false;
    }
    turns_.clear();
    waiting_ = 0;
    return parcels;
  }

 private:
  void queue(Lane& lane) {
    unsigned cap = lane.is_troubled() ? 1 : caps_.per_lane;
    if (lane.queued || lane.waiting.empty() || lane.running >= cap) return;
    lane.queued = true;
    turns_.push_back(&lane);
  }

  LaneCaps caps_;
  std::unordered_map<std::string, Lane> lanes_{};  // never shrinks: as many as there are receivers
  std::deque<Lane*> turns_{};                      // lanes that may start a parcel
  std::size_t waiting_ = 0;
  std::size_t running_ = 0;
};

}  // namespace slo::ngx
