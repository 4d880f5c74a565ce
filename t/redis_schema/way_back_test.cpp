// SPDX-License-Identifier: BSD-2-Clause
// The way back of a browser from the OP's logout, kept and taken once, against a server.
#include "redis_schema/way_back.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::way_back_test {

constexpr Seconds life{600};

class WayBack : public StoreTest {
 protected:
  std::optional<std::string> take(const std::string& caller, std::string_view nonce = "nonce-1") {
    return run(take_way_back(test_space, nonce, life, caller));
  }
};

TEST_F(WayBack, leads_the_first_who_asks_and_him_as_often_as_he_does) {
  EXPECT_TRUE(run(keep_way_back(test_space, "nonce-1", "uri=https%3A%2F%2Fapp%2F", life)));
  EXPECT_EQ(take("one"), "uri=https%3A%2F%2Fapp%2F");
  EXPECT_EQ(take("one"), "uri=https%3A%2F%2Fapp%2F") << "his answer may have been lost";
  EXPECT_EQ(take("two"), std::nullopt);
}

TEST_F(WayBack, may_lead_nowhere_in_particular) {
  EXPECT_TRUE(run(keep_way_back(test_space, "nonce-1", "", life)));
  EXPECT_EQ(take("one"), "");
}

TEST_F(WayBack, is_unknown_where_none_was_kept_or_elsewhere) {
  EXPECT_EQ(take("one"), std::nullopt);
  EXPECT_TRUE(
      run(keep_way_back({.prefix = test_space.prefix, .issuer = "another"}, "nonce-2", "uri=a", life)));
  EXPECT_EQ(take("one", "nonce-2"), std::nullopt) << "another issuer's";
}

TEST_F(WayBack, is_forgotten_in_time) {
  EXPECT_TRUE(run(keep_way_back(test_space, "nonce-1", "uri=a", life)));
  const auto left = number({"TTL", way_back_key(test_space, "nonce-1")});
  EXPECT_GT(left, 590);
  EXPECT_LE(left, 600);
}

}  // namespace slo::redis::way_back_test
