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
  std::optional<std::string> kept(std::string_view nonce = "nonce-1") {
    return run(find_way_back(test_space, nonce));
  }
};

TEST_F(WayBack, is_found_as_it_was_kept) {
  EXPECT_TRUE(run(keep_way_back(test_space, "nonce-1", "uri=https%3A%2F%2Fapp%2F", life)));
  EXPECT_EQ(kept(), "uri=https%3A%2F%2Fapp%2F");
  EXPECT_EQ(kept(), "uri=https%3A%2F%2Fapp%2F") << "to look is not to take";
}

TEST_F(WayBack, is_unknown_where_none_was_kept_or_elsewhere_and_nothing_is_written) {
  EXPECT_EQ(kept(), std::nullopt);
  EXPECT_EQ(number({"DBSIZE"}), 0);
  EXPECT_TRUE(
      run(keep_way_back({.prefix = test_space.prefix, .issuer = "another"}, "nonce-2", "uri=a", life)));
  EXPECT_EQ(kept("nonce-2"), std::nullopt) << "another issuer's";
}

TEST_F(WayBack, is_forgotten_in_time) {
  EXPECT_TRUE(run(keep_way_back(test_space, "nonce-1", "uri=a", life)));
  const auto left = number({"TTL", way_back_key(test_space, "nonce-1")});
  EXPECT_GT(left, 590);
  EXPECT_LE(left, 600);
}

}  // namespace slo::redis::way_back_test
