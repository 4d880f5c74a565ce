// SPDX-License-Identifier: BSD-2-Clause
// One queue per receiver, and who is next: one that hangs or fails keeps nobody waiting.
//
// A receiver is one backchannel_logout_uri; its host, by scheme, name and port, may be that of others too.
// Receivers take turns, and every step takes constant time. What a receiver may have of the common places
// follows from what it did:
//
//   proven   answered its last call: up to `per_host` calls at a time, from all of the places
//   unknown  never called so far: one call at a time, from three quarters of them
//   suspect  failed, or has kept a call waiting for long: one call at a time, a quarter of the places at most
//
// A call holds a place while it is young: a socket that only waits costs little, and is counted no more. Who
// fails several times in a row is shut: not called but for a probe, once an interval (breaker.h), and
// for last chances: what has waited for too long is tried once more, up to sixteen calls at a time.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/delivery/circuits.h"
#include "core/delivery/receiver_standing.h"
#include "core/moment.h"

namespace slo {

template <class Item>
class ReceiverQueues {
 public:
  struct Receiver {
    std::string uri;
    ReceiverHost* host;
    std::deque<Item> waiting{};
    unsigned last_chances = 0;  // so many of those in front are to be tried though it be shut
    unsigned calls = 0;
    Standing standing = Standing::unknown;
    Breaker breaker{};
    bool is_listed = false;  // stands in the order of turns

    bool is_shut() const { return breaker.is_open() || host->breaker.is_open(); }
  };
  // A call under way: whose it is, and what it is counted as.
  struct Call {
    Receiver* receiver = nullptr;
    bool is_young = true;
    Standing counted_as = Standing::unknown;
    bool probes_receiver = false, probes_host = false;
  };
  struct Started {
    Call call;
    Item item;
  };

  explicit ReceiverQueues(QueueLimits limits)
      : limits_(limits), places_(limits.places), circuits_(limits.breaker) {}

  Receiver& receiver(const std::string& uri, const std::string& host) {
    auto& known = receivers_[uri];
    if (known == nullptr) {
      auto& its_host = hosts_.try_emplace(host, ReceiverHost{.name = host}).first->second;
      known = std::make_unique<Receiver>(Receiver{.uri = uri, .host = &its_host});
    }
    return *known;
  }

  // How long it is in vain to queue another one; 0: only the queue is full, of one that works. Nothing: queue
  // it, as the probe that is due, perhaps.
  std::optional<Millis> kept_off(const Receiver& receiver, Millis now) const {
    const bool is_busy = receiver.calls > 0 || !receiver.waiting.empty();
    const Millis shut_for =
        std::max(receiver.breaker.closed_for(now), receiver.host->breaker.closed_for(now));
    if (shut_for > Millis{0}) return shut_for;
    if (receiver.is_shut() && is_busy)
      return std::max(receiver.breaker.interval(), receiver.host->breaker.interval());
    if (receiver.standing == Standing::suspect && receiver.waiting.size() >= max_waiting_for_suspect)
      return limits_.breaker.first;
    if (receiver.waiting.size() >= max_waiting) return Millis{0};
    return std::nullopt;
  }

  void add(Receiver& receiver, Item item) {
    receiver.waiting.push_back(std::move(item));
    added(receiver);
  }
  // The same for one that has waited for too long to wait for a probe.
  // REQUIRES: takes_last_chance(receiver)
  void add_last_chance(Receiver& receiver, Item item) {
    receiver.waiting.insert(receiver.waiting.begin() + receiver.last_chances++, std::move(item));
    added(receiver);
  }
  static bool takes_last_chance(const Receiver& receiver) { return receiver.last_chances < max_last_chances; }

  // The next one in turn whose call may begin now, counted as under way until over().
  std::optional<Started> start(Millis now) {
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      next_turn_ = (next_turn_ + 1) % turns_.size();
      const auto standing = static_cast<Standing>(next_turn_);
      if (!places_.has_one_for(standing)) continue;
      if (Receiver* receiver = next_of(standing, now)) return start_of(*receiver, now);
    }
    return std::nullopt;
  }
  bool may_start() const {
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      if (!turns_[i].empty() && places_.has_one_for(static_cast<Standing>(i))) return true;
    }
    return false;
  }

  // It only waits: its place is free.
  void grew_old(Call& call) {
    if (!std::exchange(call.is_young, false)) return;
    places_.leave(call.counted_as);
    leave_host(*call.receiver->host);
  }
  // It has kept us waiting for so long that its receiver is not trusted any more.
  void grew_suspect(Call& call) {
    grew_old(call);
    places_.over(call.counted_as);
    places_.add_old_suspect();
    call.counted_as = Standing::suspect;
    call.receiver->standing = Standing::suspect;
  }

  ReceiverNews over(Call& call, CallOutcome outcome, Millis now) {
    Receiver& receiver = *call.receiver;
    grew_old(call);
    places_.over(call.counted_as);
    --receiver.calls;
    release(receiver, 1);
    if (call.probes_receiver) receiver.breaker.end_probe();
    if (call.probes_host) receiver.host->breaker.end_probe();
    if (outcome != CallOutcome::nothing)
      receiver.standing = outcome == CallOutcome::answered ? Standing::proven : Standing::suspect;
    const ReceiverNews news = circuits_.heard(receiver.breaker, receiver.host->breaker, outcome, now);
    if (kept_from_calling(receiver, now)) turn_away(receiver);
    list(receiver);
    return news;
  }

  // What waited for receivers that have been shut meanwhile, last chances excepted.
  std::vector<Item> take_turned_away() { return std::exchange(turned_away_, {}); }
  // Everything that has not started.
  std::vector<Item> take_all() {
    std::vector<Item> items;
    items.reserve(waiting_ + turned_away_.size());
    std::ranges::move(take_turned_away(), std::back_inserter(items));
    for (auto& [uri, receiver] : receivers_) {
      std::ranges::move(receiver->waiting, std::back_inserter(items));
      release(*receiver, receiver->waiting.size());
      receiver->waiting.clear();
      receiver->last_chances = 0;
    }
    waiting_ = 0;
    return items;
  }

  std::size_t waiting() const { return waiting_; }
  unsigned young() const { return places_.young(); }
  // Receivers that may have a call, suspects left out.
  std::size_t ready() const {
    return turns_[static_cast<std::size_t>(Standing::proven)].size() +
           turns_[static_cast<std::size_t>(Standing::unknown)].size();
  }
  // How many more could start at once. What waits for its own receiver does not count.
  std::size_t room() const { return may_start() ? 0 : places_.free(); }
  // Receivers and hosts that are shut; they are forgotten where nobody has anything for them. True: some
  // were.
  unsigned shut() const { return circuits_.open(); }
  bool forget_idle(Millis now) { return circuits_.forget_idle(now); }

 private:
  // For one receiver; what is beyond that need not be held by us meanwhile.
  static constexpr std::size_t max_waiting = 256, max_waiting_for_suspect = 16;
  // Of one receiver, that wait; and so many are called at a time.
  static constexpr unsigned max_last_chances = 16;

  // Last chances are given many at a time, lest those of one that hangs take days; the half of the suspects'
  // places is left to those that need but one.
  unsigned max_calls(const Receiver& receiver) const {
    const unsigned by_standing = receiver.standing == Standing::proven ? limits_.per_host : 1;
    const bool has_many = receiver.last_chances > 0 && places_.has_many_for_suspects();
    return has_many ? std::max(by_standing, max_last_chances) : by_standing;
  }

  void added(Receiver& receiver) {
    ++waiting_;
    receiver.breaker.want();
    receiver.host->breaker.want();
    list(receiver);
  }
  static void release(Receiver& receiver, std::size_t count) {
    receiver.breaker.release(count);
    receiver.host->breaker.release(count);
  }

  void list(Receiver& receiver) {
    if (receiver.is_listed || receiver.waiting.empty() || receiver.calls >= max_calls(receiver)) return;
    receiver.is_listed = true;
    turns_[static_cast<std::size_t>(receiver.standing)].push_back(&receiver);
  }

  // Who is listed may have got another standing since, or nothing to start; whose host is busy waits for it.
  Receiver* next_of(Standing standing, Millis now) {
    auto& turns = turns_[static_cast<std::size_t>(standing)];
    while (!turns.empty()) {
      Receiver& receiver = *turns.front();
      turns.pop_front();
      receiver.is_listed = false;
      if (receiver.standing != standing) {
        list(receiver);
        unblock(*receiver.host);
        continue;
      }
      const bool is_shut = kept_from_calling(receiver, now);
      if (is_shut) turn_away(receiver);
      const bool may_call = !receiver.waiting.empty() && receiver.calls < max_calls(receiver);
      if (!may_call) {
        unblock(*receiver.host);
      } else if (receiver.host->young >= limits_.per_host) {
        receiver.is_listed = true;
        blocked_[receiver.host].push_back(&receiver);
      } else {
        return &receiver;
      }
    }
    return nullptr;
  }
  static bool kept_from_calling(const Receiver& receiver, Millis now) {
    return !receiver.breaker.lets_through(now) || !receiver.host->breaker.lets_through(now);
  }
  void turn_away(Receiver& receiver) {
    while (receiver.waiting.size() > receiver.last_chances) {
      turned_away_.push_back(std::move(receiver.waiting.back()));
      receiver.waiting.pop_back();
      release(receiver, 1);
      --waiting_;
    }
  }

  Started start_of(Receiver& receiver, Millis now) {
    Breaker &own = receiver.breaker, &its_hosts = receiver.host->breaker;
    Started started{.call = {.receiver = &receiver,
                             .counted_as = receiver.standing,
                             .probes_receiver = own.is_open() && own.lets_through(now),
                             .probes_host = its_hosts.is_open() && its_hosts.lets_through(now)},
                    .item = std::move(receiver.waiting.front())};
    if (started.call.probes_receiver) own.begin_probe();
    if (started.call.probes_host) its_hosts.begin_probe();
    receiver.waiting.pop_front();
    if (receiver.last_chances > 0) --receiver.last_chances;
    --waiting_;
    ++receiver.calls;
    places_.take(receiver.standing);
    ++receiver.host->young;
    list(receiver);
    return started;
  }

  void leave_host(ReceiverHost& host) {
    --host.young;
    unblock(host);
  }
  // The next one of that host gets its turn: one that will take the place soon, for suspects may have to
  // wait.
  void unblock(ReceiverHost& host) {
    const auto found = blocked_.find(&host);
    if (found == blocked_.end()) return;
    auto& receivers = found->second;
    for (bool is_listed = false; !is_listed && !receivers.empty() && host.young < limits_.per_host;) {
      Receiver& next = *receivers.front();
      receivers.pop_front();
      next.is_listed = false;
      list(next);
      is_listed = next.is_listed && next.standing != Standing::suspect;
    }
    if (receivers.empty()) blocked_.erase(found);
  }

  QueueLimits limits_;
  Places places_;
  Circuits circuits_;
  std::unordered_map<std::string, std::unique_ptr<Receiver>> receivers_{};  // never shrinks
  std::unordered_map<std::string, ReceiverHost> hosts_{};
  std::array<std::deque<Receiver*>, 3> turns_{};  // by standing: who may have a call more
  std::unordered_map<ReceiverHost*, std::deque<Receiver*>>
      blocked_{};  // by their host, until one of its calls is old
  std::vector<Item> turned_away_{};
  std::size_t next_turn_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace slo
