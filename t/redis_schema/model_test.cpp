// SPDX-License-Identifier: BSD-2-Clause
// Thousands of steps that clients, workers and operators may make, in an order that dice choose: a model says
// how many logouts each client is owed, and in the end each of them was received, or dropped by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "redis_schema/deliveries.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::model_test {

enum class Fate { waiting, under_way, dead, delivered, dropped };

struct Logout {
  std::string client{};
  Fate fate = Fate::waiting;
  Delivery delivery{};  // without an id as long as nobody has claimed it
};

template <class T>
bool is_same(const T& a, const T& b) {
  return a == b;
}
bool is_same(const RegisterAnswer& a, const RegisterAnswer& b) { return a.registered == b.registered; }
bool is_same(const std::optional<Ended>& a, const std::optional<Ended>& b) {
  return a.has_value() == b.has_value() && (!a || (a->owed == b->owed && a->ending == b->ending));
}

class Model : public StoreTest {
 protected:
  static constexpr std::size_t nothing = static_cast<std::size_t>(-1);

  void TearDown() override {
    if (server()) check_request({"CONFIG", "SET", "hash-max-listpack-entries", "512"});
  }
  unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  std::string some_client() { return "app-" + std::to_string(roll(clients_)); }
  std::string new_caller() { return "caller-" + std::to_string(++callers_); }
  // What is said to a caller who asks again is what was said to it first.
  template <class T>
  T run_perhaps_twice(const Exchange<T>& exchange) {
    auto first = run(exchange);
    if (roll(3) == 0) {
      EXPECT_TRUE(is_same(run(exchange), first)) << "in step " << step_;
    }
    return first;
  }
  void owe(const std::string& name, Fate fate, const Delivery& delivery = {}) {
    if (!newest_.contains(name) || newest_[name] == nothing) newest_[name] = logouts_.size();
    logouts_.push_back({name, fate, delivery});
  }
  // Any logout with one of these fates, or null.
  Logout* some_logout(std::set<Fate> fates) {
    std::vector<Logout*> fitting;
    for (auto& logout : logouts_) {
      if (fates.contains(logout.fate) && !logout.delivery.id.empty()) fitting.push_back(&logout);
    }
    return fitting.empty() ? nullptr : fitting[roll(static_cast<unsigned>(fitting.size()))];
  }

  void start(unsigned seed, unsigned clients) {
    check_request({"FLUSHALL"});
    check_request({"CONFIG", "SET", "hash-max-listpack-entries", seed % 3 == 0 ? "16" : "60"});
    dice_.seed(seed);
    clients_ = clients;
    logouts_.clear(), newest_.clear(), taking_part_.clear(), in_bundle_.clear(), bundle_ = Bundle{};
    is_new_ = true, is_ended_ = false, has_bundle_ = false;
  }

  void register_some() {
    const auto name = some_client();
    auto registration = a_lesson(name);
    if (name.ends_with('1') || name.ends_with('2')) registration.channels = {.legacy = true};  // applications
    const auto said =
        run_perhaps_twice(register_participation(test_space, registration, new_caller())).registered;
    if (is_ended_) return register_late(name, said);
    const bool is_known = !taking_part_.insert(name).second;
    EXPECT_EQ(said, is_new_    ? Registered::new_session
                    : is_known ? Registered::known
                               : Registered::new_client);
    is_new_ = false;
    if (!is_known) newest_[name] = nothing;
  }
  void register_late(const std::string& name, Registered said) {
    const bool is_known = !taking_part_.insert(name).second;
    const auto last = newest_.contains(name) ? newest_[name] : nothing;
    const bool is_to_come = is_known && last != nothing && logouts_[last].fate == Fate::waiting;
    EXPECT_EQ(said, is_to_come ? Registered::too_late_known : Registered::too_late) << step_;
    if (is_to_come) return;
    newest_[name] = nothing;
    owe(name, Fate::waiting);
  }
  void leave_some() {
    const auto name = some_client();
    auto terms = end_terms(Millis{60'000});
    terms.caller = new_caller();
    const auto left = run_perhaps_twice(end_participation(test_space, {"sid-1"}, {name}, terms));
    const bool may_leave = !is_ended_ && taking_part_.contains(name);
    EXPECT_EQ(left.has_value(), may_leave) << step_;
    if (!left) return;
    EXPECT_EQ(left->owed.deliveries.size(), 1u);
    taking_part_.erase(name);
    owe(name, Fate::under_way, left->owed.deliveries.at(0));
  }
  void end() {
    auto terms = end_terms(Millis{60'000});
    terms.caller = new_caller();
    const auto ended = run_perhaps_twice(end_session(test_space, {"sid-1"}, terms));
    EXPECT_EQ(ended.has_value(), !is_new_);
    if (!ended || is_ended_) return;
    is_ended_ = true;
    has_bundle_ = !ended->owed.bundles.empty();
    if (has_bundle_) bundle_ = ended->owed.bundles[0], in_bundle_ = taking_part_;
    EXPECT_EQ(ended->owed.deliveries.size(), has_bundle_ ? 0 : taking_part_.size());
    for (const auto& delivery : ended->owed.deliveries) owe(delivery.client.value, Fate::under_way, delivery);
  }
  void draw_some(unsigned count) {
    if (!has_bundle_) return;
    const auto drawn = run_perhaps_twice(unbundle(test_space, bundle_, {Millis{60'000}, count, Seconds{60}}));
    ASSERT_TRUE(drawn) << step_;
    for (const auto& delivery : drawn->deliveries) {
      EXPECT_EQ(in_bundle_.erase(delivery.client.value), 1u) << delivery.client.value << " in " << step_;
      owe(delivery.client.value, Fate::under_way, delivery);
    }
    bundle_.place = drawn->place;
    if (!bundle_.place.empty()) return;
    EXPECT_EQ(in_bundle_, std::set<std::string>{}) << step_;
    EXPECT_EQ(settle_with(entry_of(bundle_), Delivered{}), Settled::delivered);
    has_bundle_ = false;
  }
  void claim_some(unsigned limit) {
    const auto p = partition_of("sid-1");
    const auto owed = run_perhaps_twice(claim(test_space, p, 1, limit, Millis{60'000}, new_caller()));
    for (const auto& bundle : owed.bundles) bundle_.token = bundle.token;
    for (const auto& delivery : owed.deliveries) {
      const auto at = std::ranges::find_if(logouts_, [&](const Logout& logout) {
        return logout.fate == Fate::waiting && logout.client == delivery.client.value &&
               (logout.delivery.id.empty() || logout.delivery.id == delivery.id) &&
               (logout.delivery.id == delivery.id || !is_known(delivery.id));
      });
      ASSERT_NE(at, logouts_.end()) << "nobody owes " << delivery.client.value << " in " << step_;
      at->fate = Fate::under_way;
      at->delivery = delivery;
    }
  }
  bool is_known(const std::string& id) const {
    return std::ranges::any_of(logouts_, [&](const Logout& logout) { return logout.delivery.id == id; });
  }
  void settle_some() {
    auto* logout = some_logout({Fate::under_way});
    if (!logout) return;
    const Verdict verdicts[] = {Delivered{}, RetryAt{Millis{50'000}, "503"}, Abandon{"404"}};
    const Settled words[] = {Settled::delivered, Settled::rescheduled, Settled::dead};
    const Fate fates[] = {Fate::delivered, Fate::waiting, Fate::dead};
    const auto which = roll(3);
    const auto said = run_perhaps_twice(settle(test_space, {{logout->delivery, verdicts[which]}}));
    EXPECT_EQ(said, std::vector{words[which]}) << step_;
    logout->fate = fates[which];
  }
  void redrive_some() {
    auto* logout = some_logout({Fate::dead});
    if (!logout) return;
    EXPECT_TRUE(run_perhaps_twice(redrive(test_space, logout->delivery.id, new_caller()))) << step_;
    logout->fate = Fate::waiting;
  }
  void drop_some() {
    auto* logout = some_logout({Fate::dead, Fate::waiting, Fate::under_way});
    if (!logout) return;
    EXPECT_TRUE(run_perhaps_twice(drop(test_space, logout->delivery.id, new_caller()))) << step_;
    logout->fate = Fate::dropped;
  }
  void let_time_pass() {
    let_leases_run_out();
    for (auto& logout : logouts_) {
      if (logout.fate == Fate::under_way) logout.fate = Fate::waiting;
    }
  }

  void make_a_step() {
    ++step_;
    const auto what = roll(100);
    if (what < 35) return register_some();
    if (what < 50) return leave_some();
    if (what < 65) return settle_some();
    if (what < 78) return claim_some(1 + roll(5));
    if (what < 88) return draw_some(1 + roll(9));
    if (what < 92) return redrive_some();
    if (what < 94) return drop_some();
    if (what < 97) return let_time_pass();
    if (step_ % 3 == 0) end();
  }
  // Whatever is owed arrives, once for each logout. Returns what is left over.
  long long finish() {
    register_some(), end();
    while (has_bundle_) draw_some(7);
    while (some_logout({Fate::dead})) redrive_some();
    let_time_pass();
    claim_some(1000);
    for (auto& logout : logouts_) {
      if (logout.fate != Fate::under_way) continue;
      EXPECT_EQ(settle_with(logout.delivery, Delivered{}), Settled::delivered);
      logout.fate = Fate::delivered;
    }
    std::map<Fate, long long> fates;
    for (const auto& logout : logouts_) ++fates[logout.fate];
    EXPECT_EQ(fates[Fate::delivered] + fates[Fate::dropped], static_cast<long long>(logouts_.size()));
    EXPECT_EQ(counter("enq"), static_cast<long long>(logouts_.size()));
    EXPECT_EQ(counter("ok"), fates[Fate::delivered]);
    EXPECT_EQ(counter("dropped"), fates[Fate::dropped]);
    std::set<std::string> ids;
    for (const auto& logout : logouts_) ids.insert(logout.delivery.id);
    EXPECT_EQ(ids.size(), logouts_.size()) << "no two logouts have one id";
    const auto left = run(read_backlog(test_space));
    return left.pending + left.dead;
  }

 private:
  std::mt19937 dice_{};
  unsigned clients_ = 0, callers_ = 0, step_ = 0;
  std::vector<Logout> logouts_{};
  std::map<std::string, std::size_t> newest_{};  // of its logouts, of each client
  std::set<std::string> taking_part_{}, in_bundle_{};
  Bundle bundle_{};
  bool is_new_ = true, is_ended_ = false, has_bundle_ = false;
};

TEST_F(Model, agrees_with_the_scripts_on_what_each_client_is_owed) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    start(seed, seed % 2 == 0 ? 3 : 60);
    for (unsigned i = 0; seed % 2 == 1 && i < 60; ++i) register_some();
    for (unsigned i = 0; i < 180 && !HasFailure(); ++i) make_a_step();
    EXPECT_EQ(finish(), 0);
  }
}

}  // namespace slo::redis::model_test
