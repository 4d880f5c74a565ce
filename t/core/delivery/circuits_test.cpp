// SPDX-License-Identifier: BSD-2-Clause
#include "core/delivery/circuits.h"

#include <gtest/gtest.h>

namespace slo::circuits_test {

constexpr BreakerPolicy policy{.failures = 1, .first = Millis{5000}, .max = Millis{15'000}};
constexpr auto answered = CallOutcome::answered;
constexpr auto receiver_failed = CallOutcome::receiver_failed;
constexpr auto host_failed = CallOutcome::host_failed;

struct House {
  Circuits circuits{policy};
  Breaker one{}, other{}, host{};
};

TEST(Circuits, are_counted_while_they_are_open) {
  House house;
  EXPECT_EQ(house.circuits.heard(house.one, house.host, receiver_failed, Millis{0}), ReceiverNews::shut);
  EXPECT_EQ(house.circuits.heard(house.other, house.host, host_failed, Millis{0}), ReceiverNews::shut);
  EXPECT_EQ(house.circuits.open(), 2U);
  EXPECT_FALSE(house.other.is_open()) << "its host is";
  EXPECT_EQ(house.circuits.heard(house.other, house.host, answered, Millis{1}), ReceiverNews::host_recovered);
  EXPECT_EQ(house.circuits.heard(house.one, house.host, answered, Millis{1}), ReceiverNews::recovered);
  EXPECT_EQ(house.circuits.open(), 0U);
}

TEST(Circuits, learn_nothing_where_nobody_was_called) {
  House house;
  EXPECT_EQ(house.circuits.heard(house.one, house.host, CallOutcome::nothing, Millis{0}), ReceiverNews::none);
  EXPECT_EQ(house.circuits.open(), 0U);
}

TEST(Circuits, are_forgotten_one_by_one) {
  House house;
  house.circuits.heard(house.one, house.host, receiver_failed, Millis{0});
  house.circuits.heard(house.other, house.host, receiver_failed, Millis{1000});
  EXPECT_FALSE(house.circuits.forget_idle(Millis{9999}));
  EXPECT_TRUE(house.circuits.forget_idle(Millis{10'000}));
  EXPECT_EQ(house.circuits.open(), 1U);
  EXPECT_TRUE(house.circuits.forget_idle(Millis{11'000}));
  EXPECT_EQ(house.circuits.open(), 0U);
  EXPECT_FALSE(house.circuits.forget_idle(Millis{60'000}));
}

TEST(Circuits, are_counted_again_when_they_open_after_they_were_forgotten) {
  House house;
  house.circuits.heard(house.one, house.host, receiver_failed, Millis{0});
  house.circuits.forget_idle(Millis{10'000});
  EXPECT_EQ(house.circuits.heard(house.one, house.host, receiver_failed, Millis{11'000}), ReceiverNews::shut);
  EXPECT_EQ(house.circuits.open(), 1U);
}

TEST(Circuits, stay_open_as_long_as_something_may_be_owed) {
  Breaker breaker;
  const BreakerPolicy patient{.failures = 1, .first = Millis{5000}, .idle = Millis{30'000}};
  breaker.failed(patient, Millis{0});
  EXPECT_FALSE(breaker.forget_idle(patient, Millis{39'999}));
  EXPECT_TRUE(breaker.forget_idle(patient, Millis{40'000}));
}

}  // namespace slo::circuits_test
