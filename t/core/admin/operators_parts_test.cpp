// SPDX-License-Identifier: BSD-2-Clause
// Times, spans, counts and names as the operators' page writes them.
#include "core/admin/operators_parts.h"

#include <gtest/gtest.h>

#include "core/provider/application.h"
#include "t/harness/builders.h"

namespace slo::operators_parts_test {

using operators::count_of;
using operators::date_of;
using operators::party_of;
using operators::span_of;
using operators::when;

TEST(OperatorsWords, are_dates_in_utc) {
  EXPECT_EQ(date_of(TimeMs{}), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(date_of(TimeMs{login_time} + Millis{999}), "2027-01-15 08:00:00 UTC");
  EXPECT_EQ(date_of(TimeMs{Seconds{1709251199}}), "2024-02-29 23:59:59 UTC");
}

TEST(OperatorsWords, say_how_long) {
  EXPECT_EQ(span_of(Seconds{0}), "0 s");
  EXPECT_EQ(span_of(Seconds{119}), "119 s");
  EXPECT_EQ(span_of(Seconds{120}), "2 min");
  EXPECT_EQ(span_of(Seconds{7199}), "119 min");
  EXPECT_EQ(span_of(Seconds{7200}), "2 h");
  EXPECT_EQ(span_of(Seconds{172'800}), "2 d");
}

TEST(OperatorsWords, say_when) {
  const TimeMs now{login_time};
  EXPECT_EQ(when(now, now),
            "<time datetime=\"2027-01-15T08:00:00Z\" title=\"2027-01-15 08:00:00 UTC\">now</time>");
  EXPECT_NE(when(now + Seconds{12}, now).find(">in 12 s<"), std::string::npos);
  EXPECT_NE(when(now - Seconds{12}, now).find(">12 s ago<"), std::string::npos);
}

TEST(OperatorsWords, count) {
  EXPECT_EQ(count_of(1, "session"), "1 session");
  EXPECT_EQ(count_of(0, "dead letter"), "0 dead letters");
  EXPECT_EQ(count_of(2, "delivery"), "2 deliveries");
}

TEST(OperatorsWords, name_clients_in_full_and_applications_as_such) {
  Provider provider = a_provider();
  EXPECT_EQ(party_of(provider, ClientId{"app-a"}), "app-a");
  EXPECT_EQ(party_of(provider, ClientId{"gone"}), "gone");
  EXPECT_EQ(party_of(provider, application_id("wiki.example")), "application wiki.example");
  EXPECT_EQ(party_of(provider, ClientId{}), "all clients of a session");
}

}  // namespace slo::operators_parts_test
