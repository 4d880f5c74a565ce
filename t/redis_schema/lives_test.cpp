// SPDX-License-Identifier: BSD-2-Clause
// The lives of a delivery: its token goes on from one to the next, its attempts begin anew, and only what was
// tried is one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "redis_schema/deliveries.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::lives_test {

class Lives : public StoreTest {
 protected:
  Delivery claim_one() {
    let_leases_run_out();
    const auto claimed = claim_all();
    EXPECT_EQ(claimed.size(), 1u);
    return claimed.empty() ? Delivery{} : claimed[0];
  }
  Delivery owe_one() {
    run(register_participation(test_space, a_lesson()));
    run(end_session(test_space, {"sid-1"}, end_terms()));
    return claim_one();
  }
};

TEST_F(Lives, are_not_ended_by_what_an_earlier_one_says_late) {
  const auto old = owe_one();
  EXPECT_EQ(settle_with(old, Abandon{"404"}), Settled::dead);
  EXPECT_TRUE(run(redrive(test_space, old.id)));
  EXPECT_EQ(settle_with(old, Abandon{"404"}), Settled::stale) << "nobody has claimed it yet";
  const auto fresh = claim_one();
  EXPECT_EQ(settle_with(old, Abandon{"404"}), Settled::stale);
  EXPECT_EQ(settle_with(old, RetryAt{Millis{0}, "503"}), Settled::stale);
  EXPECT_EQ(settle_with(old, Delivered{}), Settled::stale);
  EXPECT_EQ(settle_with(fresh, Delivered{}), Settled::delivered);
}

TEST_F(Lives, have_tokens_that_only_grow) {
  std::uint64_t last = 0;
  auto delivery = owe_one();
  for (int i = 0; i < 9; ++i) {
    EXPECT_GT(delivery.token, last);
    last = delivery.token;
    if (i % 3 == 1) {
      EXPECT_EQ(settle_with(delivery, RetryAt{Millis{0}, "503"}), Settled::rescheduled);
    }
    if (i % 3 == 2) {
      EXPECT_EQ(settle_with(delivery, Abandon{"404"}), Settled::dead);
      EXPECT_TRUE(run(redrive(test_space, delivery.id)));
    }
    delivery = claim_one();
  }
}

TEST_F(Lives, have_as_many_attempts_as_were_tried) {
  auto delivery = owe_one();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(settle_with(delivery, RetryAt{Millis{0}, "waited", false}), Settled::rescheduled);
    delivery = claim_one();
    EXPECT_EQ(delivery.attempt, 1u);
  }
  EXPECT_EQ(counter("retry"), 0);
  settle_with(delivery, RetryAt{Millis{0}, "503"});
  EXPECT_EQ(counter("retry"), 1);
  EXPECT_EQ(claim_one().attempt, 2u);
  EXPECT_EQ(claim_one().attempt, 2u) << "whose lease ran out has not said that it tried";
  delivery = claim_one();
  settle_with(delivery, RetryAt{Millis{0}, "waited", false});
  EXPECT_EQ(claim_one().attempt, 2u) << "what was counted stays so";
}

TEST_F(Lives, begin_with_no_attempt_made) {
  auto delivery = owe_one();
  settle_with(delivery, RetryAt{Millis{0}, "503"});
  delivery = claim_one();
  settle_with(delivery, Abandon{"404"});
  const auto listed = [&](DeliveryState state) {
    const auto all = run(load_listed(test_space, state, only(delivery.id)));
    return all.size() == 1 ? all[0].attempts : 99u;
  };
  EXPECT_EQ(listed(DeliveryState::dead), 2u);
  run(redrive(test_space, delivery.id));
  EXPECT_EQ(listed(DeliveryState::pending), 0u);
  EXPECT_EQ(claim_one().attempt, 1u);
}

// A bundle whose session outgrows its encoding asks for everybody once more.
TEST_F(Lives, are_not_begun_anew_by_a_bundle_that_comes_to_its_client_once_more) {
  const auto name_of = [](int i) { return "client-" + std::to_string(i); };
  for (int i = 0; i < 500; ++i) run(register_participation(test_space, a_lesson(name_of(i))));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  auto bundle = ended->owed.bundles.at(0);
  const UnbundleTerms terms{.lease = Millis{60'000}, .count = 16, .tombstone = Seconds{600}};
  const auto first = run(unbundle(test_space, bundle, terms));
  const auto old = first->deliveries.at(0), dead = first->deliveries.at(1);
  let_leases_run_out();
  auto claimed = claim_owed();
  const auto fresh = std::ranges::find(claimed.deliveries, old.id, &Delivery::id);
  const auto given_up = std::ranges::find(claimed.deliveries, dead.id, &Delivery::id);
  ASSERT_TRUE(fresh != claimed.deliveries.end() && given_up != claimed.deliveries.end());
  EXPECT_EQ(settle_with(*given_up, Abandon{"404"}), Settled::dead);
  bundle = claimed.bundles.at(0);
  for (int i = 500; i < 530; ++i) run(register_participation(test_space, a_lesson(name_of(i))));
  while (!bundle.place.empty()) {
    const auto more = run(unbundle(test_space, bundle, terms));
    ASSERT_TRUE(more);
    for (const auto& delivery : more->deliveries)
      EXPECT_TRUE(delivery.id != old.id && delivery.id != dead.id);
    bundle.place = more->place;
  }
  EXPECT_EQ(run(load_listed(test_space, DeliveryState::pending, only(dead.id))).size(), 0u)
      << "dead as it was";
  EXPECT_EQ(settle_with(old, Abandon{"404"}), Settled::stale);
  EXPECT_EQ(settle_with(*fresh, Delivered{}), Settled::delivered);
}

}  // namespace slo::redis::lives_test
