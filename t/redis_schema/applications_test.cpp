// SPDX-License-Identifier: BSD-2-Clause
// Applications that are called at their own logout URL are owed a delivery as back-channel clients are, by
// whatever way their session ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "redis_schema/told.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::applications_test {

const ClientId wiki{"app:wiki.example"};

class Applications : public StoreTest {
 protected:
  static Registration opening(std::string application = wiki.value, bool is_called = true) {
    auto registration = a_lesson(std::move(application));
    registration.channels = {.legacy = is_called};
    return registration;
  }
  Registered open(std::string application = wiki.value) {
    return run(register_participation(test_space, opening(std::move(application)))).registered;
  }
  void sign_in(const std::string& client, Channels channels = {.back = true}) {
    auto registration = a_lesson(client);
    registration.channels = channels;
    run(register_participation(test_space, registration));
  }
  Ended end(Millis lease = Millis{60'000}, bool are_told = false) {
    auto terms = end_terms(are_told ? Millis{0} : lease);
    terms.are_told = are_told;
    return run(end_session(test_space, {"sid-1"}, terms)).value_or(Ended{});
  }
  static std::multiset<std::string> names_of(const std::vector<Delivery>& deliveries) {
    std::multiset<std::string> names;
    for (const auto& delivery : deliveries) names.insert(delivery.client.value);
    return names;
  }
  std::multiset<std::string> claimed() {
    let_leases_run_out();
    return names_of(claim_all());
  }
};

TEST_F(Applications, alone_are_owed_a_call) {
  EXPECT_EQ(open(), Registered::new_session);
  const auto ended = end();
  ASSERT_EQ(ended.owed.deliveries.size(), 1u);
  const auto& delivery = ended.owed.deliveries[0];
  EXPECT_EQ(delivery.client, wiki);
  EXPECT_EQ(delivery.session, SessionKey{"sid-1"});
  EXPECT_EQ(delivery.reason, "rp");
  EXPECT_FALSE(ended.in_front);
  EXPECT_EQ(settle_with(delivery, Delivered{}), Settled::delivered);
  EXPECT_EQ(counter("enq"), 1);
}

TEST_F(Applications, that_are_not_called_are_owed_nothing) {
  run(register_participation(test_space, opening(wiki.value, false)));
  EXPECT_TRUE(end().owed.deliveries.empty());
  EXPECT_TRUE(claimed().empty());
  EXPECT_EQ(session().participants.at(0).client, wiki) << "and yet took part";
}

TEST_F(Applications, beside_clients_are_owed_theirs) {
  open();
  sign_in("back");
  sign_in("front", {.front = true});
  sign_in("both", {.back = true, .legacy = true});
  sign_in("saml", {.saml = true});
  EXPECT_EQ(names_of(end().owed.deliveries), (std::multiset<std::string>{wiki.value, "back", "both"}));
  EXPECT_EQ(claimed(), (std::multiset<std::string>{wiki.value, "back", "both"})) << "and each once";
}

TEST_F(Applications, are_the_only_ones_that_are_owed_where_the_op_tells_the_clients) {
  open();
  sign_in("back");
  end({}, true);
  EXPECT_EQ(claimed(), std::multiset<std::string>{wiki.value});
  for (unsigned i = 0; i <= max_unbundled; ++i) {
    auto registration =
        i % 2 == 0 ? a_lesson("app-" + std::to_string(i)) : opening("app:" + std::to_string(i));
    registration.key = {"sid-2"};
    run(register_participation(test_space, registration));
  }
  auto terms = end_terms();
  terms.are_told = true;
  EXPECT_TRUE(run(end_session(test_space, {"sid-2"}, terms))->owed.deliveries.empty());
  EXPECT_EQ(claim_all().size(), max_unbundled / 2u);
}

TEST_F(Applications, in_a_bundle_are_owed_theirs_in_their_turn) {
  for (unsigned i = 0; i < 30; ++i) sign_in("client-" + std::to_string(i));
  for (unsigned i = 0; i < 20; ++i) open("app:" + std::to_string(i));
  for (unsigned i = 0; i < 10; ++i) sign_in("front-" + std::to_string(i), {.front = true});
  auto ended = end();
  ASSERT_EQ(ended.owed.bundles.size(), 1u);
  auto& bundle = ended.owed.bundles[0];
  std::multiset<std::string> told;
  while (!bundle.place.empty()) {
    const auto drawn = run(unbundle(test_space, bundle, {.lease = Millis{60'000}, .count = 16}));
    ASSERT_TRUE(drawn);
    told.merge(names_of(drawn->deliveries));
    bundle.place = drawn->place;
  }
  EXPECT_EQ(told.size(), 50u);
  EXPECT_EQ(std::set(told.begin(), told.end()).size(), 50u) << "each once";
  EXPECT_EQ(told.count("app:19"), 1u);
  EXPECT_EQ(counter("enq"), 50);
}

TEST_F(Applications, that_are_opened_after_the_end_are_called_after_that) {
  sign_in("back");
  end(Millis{0});
  EXPECT_EQ(claimed().size(), 1u);
  EXPECT_EQ(open(), Registered::too_late);
  EXPECT_EQ(open(), Registered::too_late_known) << "that call tells of both";
  let_leases_run_out();
  const auto late = claim_all();
  ASSERT_EQ(std::ranges::count(late, wiki, &Delivery::client), 1);
  for (const auto& delivery : late) settle_with(delivery, Delivered{});
  EXPECT_EQ(open(), Registered::too_late) << "opened anew, and owed anew";
  let_leases_run_out();
  const auto again = claim_all();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].reason, "late");
  EXPECT_EQ(again[0].client, wiki);
}

TEST_F(Applications, that_leave_are_called_and_once_more_if_they_come_back) {
  open();
  sign_in("back");
  const auto left = run(end_participation(test_space, {"sid-1"}, wiki, end_terms(Millis{60'000})));
  ASSERT_TRUE(left);
  ASSERT_EQ(names_of(left->owed.deliveries), std::multiset<std::string>{wiki.value});
  EXPECT_TRUE(session().is_live());
  EXPECT_EQ(open(), Registered::new_client);
  const auto ended = end();
  ASSERT_EQ(ended.owed.deliveries.size(), 2u);
  for (const auto& delivery : ended.owed.deliveries) EXPECT_NE(delivery.id, left->owed.deliveries[0].id);
  EXPECT_EQ(counter("enq"), 3);
}

TEST_F(Applications, that_become_callable_later_are_owed_a_call) {
  run(register_participation(test_space, opening(wiki.value, false)));
  open();
  EXPECT_EQ(end().owed.deliveries.size(), 1u);
}

TEST_F(Applications, are_among_those_whose_deliveries_are_followed) {
  open();
  sign_in("front", {.front = true});
  const auto ended = end();
  EXPECT_EQ(run(told(test_space, session())), (std::vector<Told>{{wiki, Told::State::pending}}));
  settle_with(ended.owed.deliveries.at(0), Delivered{});
  EXPECT_EQ(run(told(test_space, session())), (std::vector<Told>{{wiki, Told::State::delivered}}));
}

TEST_F(Applications, whose_session_ended_at_the_op_are_counted_so) {
  open();
  auto terms = end_terms();
  terms.reason = "op";
  ASSERT_TRUE(run(end_session(test_space, {"sid-1"}, terms)));
  EXPECT_EQ(counter("end:op"), 1);
  EXPECT_EQ(session().reason, "op");
  EXPECT_EQ(claim_all().at(0).reason, "op");
}

}  // namespace slo::redis::applications_test
