// SPDX-License-Identifier: BSD-2-Clause
// The distance of the store is the shortest time that a reply took lately.
#include "ngx_module/store/distance.h"

#include <gtest/gtest.h>

namespace slo::ngx::distance_test {

using Micros = Distance::Micros;

Distance::Time at(int ms) { return Distance::Time{} + std::chrono::hours(1) + std::chrono::milliseconds(ms); }

void note(Distance& distance, int when_ms, int took_us) {
  distance.note(at(when_ms) - Micros{took_us}, at(when_ms));
}

TEST(Distance, is_nought_before_the_first_reply) { EXPECT_EQ(Distance{}.shortest(), Micros{0}); }

TEST(Distance, is_the_shortest_time_of_many) {
  Distance distance;
  for (const int took : {900, 120, 4000}) note(distance, 0, took);
  EXPECT_EQ(distance.shortest(), Micros{120});
}

TEST(Distance, forgets_within_twenty_seconds) {
  Distance distance;
  note(distance, 0, 120);
  for (int ms = 1000; ms < 20'000; ms += 1000) note(distance, ms, 2000);
  EXPECT_EQ(distance.shortest(), Micros{120}) << "it may be as old as that";
  note(distance, 20'000, 2000);
  EXPECT_EQ(distance.shortest(), Micros{2000});
}

TEST(Distance, knows_what_it_knew_after_a_silence) {
  Distance distance;
  note(distance, 0, 120);
  note(distance, 60'000, 2000);
  EXPECT_EQ(distance.shortest(), Micros{120});
  note(distance, 120'000, 2000);
  EXPECT_EQ(distance.shortest(), Micros{2000});
}

}  // namespace slo::ngx::distance_test
