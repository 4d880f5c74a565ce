// SPDX-License-Identifier: BSD-2-Clause
// Bundles against a server: a session with many clients is ended at once and owes its logouts a few at a
// time.
#include "redis_schema/bundle.h"

#include <gtest/gtest.h>

#include <set>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::bundle_test {

constexpr UnbundleTerms few{.lease = Millis{60'000}, .count = 16, .tombstone = Seconds{600}};

std::string name_of(unsigned i) { return "client-" + std::to_string(i); }

class Bundles : public StoreTest {
 protected:
  void sign_in(unsigned from, unsigned upto) {
    for (unsigned i = from; i < upto; ++i) run(register_participation(test_space, a_lesson(name_of(i))));
  }
  Bundle end_many(unsigned clients) {
    sign_in(0, clients);
    const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
    EXPECT_TRUE(ended && ended->owed.deliveries.empty() && ended->owed.bundles.size() == 1);
    EXPECT_TRUE(ended && ended->ending.lacks_participants);
    return ended->owed.bundles.at(0);
  }
  std::optional<Unbundled> draw(Bundle& bundle, const UnbundleTerms& terms = few) {
    auto unbundled = run(unbundle(test_space, bundle, terms));
    if (unbundled) bundle.place = unbundled->place;
    return unbundled;
  }
  // Whom the deliveries of the whole bundle go to.
  std::multiset<std::string> draw_all(Bundle& bundle) {
    std::multiset<std::string> clients;
    while (!bundle.place.empty()) {
      const auto unbundled = draw(bundle);
      if (!unbundled) break;
      for (const auto& delivery : unbundled->deliveries) clients.insert(delivery.client.value);
    }
    return clients;
  }
  std::string encoding() { return text({"OBJECT", "ENCODING", session_key(test_space, {"sid-1"})}); }
};

std::multiset<std::string> names(unsigned from, unsigned upto) {
  std::multiset<std::string> all;
  for (unsigned i = from; i < upto; ++i) all.insert(name_of(i));
  return all;
}

TEST_F(Bundles, stand_for_the_clients_of_sessions_with_many) {
  const auto bundle = end_many(max_unbundled + 5);
  EXPECT_EQ(bundle, (Bundle{.session = {"sid-1"}, .reason = "rp"}));
  EXPECT_TRUE(bundle.is_untouched());
  EXPECT_EQ(session().participants.size(), max_unbundled + 5u) << "the session itself is as it was";
  EXPECT_FALSE(session().is_live());
  EXPECT_EQ(run(read_backlog(test_space)).pending, 1);
  EXPECT_EQ(claim_owed(), Owed{}) << "leased";
}

TEST_F(Bundles, hand_the_id_of_their_logout_on_to_every_delivery) {
  sign_in(0, max_unbundled + 5);
  auto terms = end_terms(Millis{60'000});
  terms.caller = "logout-1";
  auto bundle = run(end_session(test_space, {"sid-1"}, terms))->owed.bundles.at(0);
  EXPECT_EQ(bundle.logout_id, "logout-1");
  const auto drawn = draw(bundle);
  ASSERT_TRUE(drawn && !drawn->deliveries.empty());
  for (const auto& delivery : drawn->deliveries) EXPECT_EQ(delivery.logout_id, "logout-1");
  let_leases_run_out();
  const auto claimed = claim_owed();
  EXPECT_EQ(claimed.bundles.at(0).logout_id, "logout-1");
  for (const auto& delivery : claimed.deliveries) EXPECT_EQ(delivery.logout_id, "logout-1");
}

TEST_F(Bundles, are_not_made_where_there_are_few) {
  sign_in(0, max_unbundled);
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->owed.deliveries.size(), max_unbundled);
  EXPECT_TRUE(ended->owed.bundles.empty());
  EXPECT_EQ(ended->ending.session.participants.size(), max_unbundled);
}

TEST_F(Bundles, give_each_client_once_in_either_encoding) {
  for (const unsigned count : {100u, 1000u}) {
    check_request({"FLUSHALL"});
    auto bundle = end_many(count);
    EXPECT_EQ(encoding(), count == 100 ? "listpack" : "hashtable");
    EXPECT_EQ(draw_all(bundle), names(0, count));
    EXPECT_EQ(counter("enq"), count);
    EXPECT_EQ(claim_owed(), Owed{}) << "all are leased, and so is the bundle";
    EXPECT_EQ(settle_with(entry_of(bundle), Delivered{}), Settled::delivered);
    EXPECT_EQ(run(read_backlog(test_space)).pending, count);
    EXPECT_EQ(counter("ok"), 0) << "an empty bundle is no delivery";
  }
}

TEST_F(Bundles, come_in_small_parts) {
  auto small = end_many(100);
  const auto first = draw(small);
  ASSERT_TRUE(first);
  EXPECT_GE(first->deliveries.size(), 16u);
  EXPECT_LE(first->deliveries.size(), 16u);
  EXPECT_EQ(first->session.participants.size(), first->deliveries.size());
  check_request({"FLUSHALL"});
  auto large = end_many(1000);
  EXPECT_LT(draw(large)->deliveries.size(), 64u);
}

TEST_F(Bundles, count_clients_and_not_the_fields_of_the_session) {
  auto bundle = end_many(50);
  ASSERT_EQ(encoding(), "listpack");
  const UnbundleTerms four{.lease = Millis{60'000}, .count = 4, .tombstone = Seconds{600}};
  EXPECT_EQ(draw(bundle, four)->deliveries.size(), 4u);
  EXPECT_EQ(draw(bundle, four)->deliveries.size(), 4u);
  const UnbundleTerms others{.lease = Millis{60'000}, .count = 42, .tombstone = Seconds{600}};
  EXPECT_EQ(draw(bundle, others)->deliveries.size(), 42u);
  EXPECT_EQ(bundle.place, "") << "the session's own fields behind the last client need no turn of their own";
}

TEST_F(Bundles, owe_what_end_owes) {
  sign_in(0, 40);
  sign_in_with_names_of_their_own();
  auto front = a_lesson("front");
  front.channels = {.front = true};
  run(register_participation(test_space, front));
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended && ended->owed.bundles.size() == 1);
  EXPECT_TRUE(ended->in_front);
  auto bundle = ended->owed.bundles[0];
  const auto unbundled = draw(bundle, {.lease = Millis{60'000}, .count = 100, .tombstone = Seconds{600}});
  ASSERT_TRUE(unbundled);
  EXPECT_EQ(unbundled->session, session()) << "with whoever is told by the browser alone, too";
  EXPECT_EQ(unbundled->place, "");
  EXPECT_EQ(unbundled->deliveries.size(), 42u);
  let_leases_run_out();
  auto claimed = claim_owed();
  ASSERT_EQ(claimed.bundles.size(), 1u);
  for (auto& delivery : claimed.deliveries) delivery.token = 1;
  const auto by_id = [](const Delivery& a, const Delivery& b) { return a.id < b.id; };
  auto told = unbundled->deliveries;
  std::ranges::sort(told, by_id);
  std::ranges::sort(claimed.deliveries, by_id);
  EXPECT_EQ(claimed.deliveries, told) << "the records say what the caller was told";
}

TEST_F(Bundles, give_the_same_again_if_an_answer_was_lost) {
  for (const unsigned count : {100u, 1000u}) {
    check_request({"FLUSHALL"});
    auto bundle = end_many(count);
    draw(bundle);
    for (int i = 0; i < 2; ++i) {  // in the middle, then the last
      if (i == 1) {
        auto last = bundle;
        while (!bundle.place.empty()) last = bundle, draw(bundle);
        bundle = last;
      }
      const auto enqueued = counter("enq");
      const auto lost = run(unbundle(test_space, bundle, few));
      const auto again = run(unbundle(test_space, bundle, few));
      ASSERT_TRUE(lost && again);
      EXPECT_EQ(again->deliveries, lost->deliveries);
      EXPECT_EQ(again->session, lost->session);
      EXPECT_EQ(again->place, lost->place);
      EXPECT_LE(counter("enq"), enqueued + static_cast<long long>(lost->deliveries.size())) << "owed once";
      bundle.place = lost->place;
    }
    EXPECT_EQ(counter("enq"), count);
  }
}

TEST_F(Bundles, belong_to_whoever_claims_them_when_a_lease_runs_out) {
  auto mine = end_many(100);
  const auto first = draw(mine);
  ASSERT_TRUE(first);
  let_leases_run_out();
  auto claimed = claim_owed();
  ASSERT_EQ(claimed.bundles.size(), 1u);
  auto theirs = claimed.bundles[0];
  EXPECT_EQ(theirs, (Bundle{.session = {"sid-1"}, .reason = "rp", .place = mine.place, .token = 2}));
  EXPECT_EQ(draw(mine), std::nullopt) << "who lost the lease may not go on";
  EXPECT_EQ(settle_with(entry_of(mine), Delivered{}), Settled::stale);
  auto all = draw_all(theirs);
  for (const auto& delivery : claimed.deliveries) all.insert(delivery.client.value);
  EXPECT_EQ(all, names(0, 100)) << "those of the first part are claimed one by one";
}

TEST_F(Bundles, that_are_put_off_go_on_where_they_were) {
  auto bundle = end_many(100);
  draw(bundle);
  EXPECT_EQ(settle_with(entry_of(bundle), RetryAt{Millis{0}, "a worker quit"}), Settled::rescheduled);
  const auto claimed = claim_owed();
  ASSERT_EQ(claimed.bundles.size(), 1u);
  EXPECT_EQ(claimed.bundles[0].place, bundle.place);
}

TEST_F(Bundles, that_are_empty_but_not_settled_are_claimed_as_empty) {
  auto bundle = end_many(40);
  EXPECT_EQ(draw_all(bundle), names(0, 40));
  let_leases_run_out();
  const auto claimed = claim_owed();
  ASSERT_EQ(claimed.bundles.size(), 1u);
  EXPECT_EQ(claimed.bundles[0].place, "");
  EXPECT_EQ(run(unbundle(test_space, claimed.bundles[0], few)), std::nullopt);
}

TEST_F(Bundles, keep_the_session_until_the_last_one_is_owed) {
  auto bundle = end_many(100);
  const auto key = session_key(test_space, {"sid-1"});
  EXPECT_GT(number({"TTL", key}), 86400);
  draw(bundle);
  EXPECT_GT(number({"TTL", key}), 86400);
  draw_all(bundle);
  EXPECT_LE(number({"TTL", key}), 600);
  EXPECT_GT(number({"TTL", key}), 590);
}

TEST_F(Bundles, leave_out_who_came_after_the_end) {
  auto bundle = end_many(100);
  EXPECT_EQ(run(register_participation(test_space, a_lesson("late"))), Registered::too_late);
  EXPECT_EQ(draw_all(bundle), names(0, 100)) << "his own logout is in the queue";
  EXPECT_EQ(claim_all().at(0).client, ClientId{"late"});
}

TEST_F(Bundles, lose_nobody_when_the_session_outgrows_its_encoding) {
  auto bundle = end_many(500);
  EXPECT_EQ(encoding(), "listpack");
  auto first = draw(bundle);
  ASSERT_TRUE(first);
  for (unsigned i = 500; i < 530; ++i) run(register_participation(test_space, a_lesson(name_of(i))));
  EXPECT_EQ(encoding(), "hashtable");
  auto all = draw_all(bundle);
  for (const auto& delivery : first->deliveries) all.insert(delivery.client.value);
  const std::set<std::string> told(all.begin(), all.end());
  const auto owed = names(0, 500);
  EXPECT_EQ(told, std::set<std::string>(owed.begin(), owed.end()));
}

TEST_F(Bundles, go_on_in_the_same_order_where_it_has_to_be_read_again) {
  auto bundle = end_many(100);
  const auto key = session_key(test_space, {"sid-1"});
  auto first = draw(bundle);
  ASSERT_TRUE(first);
  check_request({"HDEL", key, "o"});
  for (const auto& delivery : first->deliveries) settle_with(delivery, Delivered{});
  auto all = draw_all(bundle);
  EXPECT_EQ(all, names(16, 100)) << "nobody twice";
}

TEST_F(Bundles, find_the_first_ones_behind_the_numbers_of_those_who_left) {
  sign_in(0, 100);
  for (unsigned i = 0; i < 60; ++i) {
    ASSERT_TRUE(run(end_participation(test_space, {"sid-1"}, {name_of(i)}, end_terms())));
  }
  auto bundle = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.bundles.at(0);
  const auto first = draw(bundle, {.lease = Millis{60'000}, .count = 4, .tombstone = Seconds{600}});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->deliveries.size(), 4u);
  auto all = draw_all(bundle);
  for (const auto& delivery : first->deliveries) all.insert(delivery.client.value);
  EXPECT_EQ(all, names(60, 100));
}

TEST_F(Bundles, count_as_no_client_of_the_session) {
  sign_in(0, max_participants - 1);
  auto bundle = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})))->owed.bundles.at(0);
  draw(bundle);
  EXPECT_EQ(run(register_participation(test_space, a_lesson("the last"))), Registered::too_late);
}

TEST_F(Bundles, show_their_end_to_whoever_asks_later) {
  auto bundle = end_many(100);
  for (int i = 0; i < 2; ++i) {
    const auto again = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->ending.already);
    EXPECT_EQ(again->ending.session.participants.size(), 100u);
    EXPECT_EQ(again->owed, Owed{});
    draw_all(bundle);
  }
}

// However far the bundle is drawn, and whatever the hash looks like inside: 100 are one page, 1000 several.
TEST_F(Bundles, leave_the_participants_to_be_read_page_by_page) {
  for (const unsigned clients : {100u, 1000u}) {
    auto bundle = end_many(clients);
    const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
    EXPECT_FALSE(ended->ending.lacks_participants) << "who asks later is given all at once";
    for (int i = 0; i < 2; ++i) {
      std::set<std::string> all;
      std::size_t longest = 0;
      for (std::string from = "0"; !from.empty();) {
        const auto page = run(participants_of(test_space, {"sid-1"}, from));
        longest = std::max(longest, page.participants.size());
        for (const auto& participant : page.participants) all.insert(participant.client.value);
        from = page.next;
      }
      const auto expected = names(0, clients);
      EXPECT_EQ(all, (std::set<std::string>(expected.begin(), expected.end())));
      EXPECT_LE(longest, 2 * participants_at_once);
      draw_all(bundle);
    }
    EXPECT_EQ(run(participants_of(test_space, {"nobody"})).participants, std::vector<Participant>{});
    check_request({"FLUSHALL"});
  }
}

TEST(ParticipantsOf, refuses_replies_of_another_shape) {
  const auto exchange = participants_of(test_space, {"sid-1"});
  for (const auto* reply : {":1\r\n", "*0\r\n", "*1\r\n$1\r\n0\r\n", "*2\r\n*0\r\n*0\r\n",
                            "*2\r\n$1\r\n0\r\n*1\r\n$2\r\n:a\r\n"}) {
    EXPECT_FALSE(read_bytes(exchange, reply)) << reply;
  }
  EXPECT_EQ(read_bytes(exchange, "-OOM\r\n").error(), (Refusal{Fault::store_full}));
}

TEST_F(Bundles, are_listed_without_a_client) {
  end_many(100);
  const auto ids = run(*list_ids(test_space, DeliveryState::pending, 10, ""));
  const auto listed = run(load_listed(test_space, DeliveryState::pending, ids));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].delivery.session, SessionKey{"sid-1"});
  EXPECT_EQ(listed[0].delivery.client, ClientId{});
  EXPECT_EQ(listed[0].delivery.reason, "rp");
  EXPECT_EQ(listed[0].error, "");
}

TEST(Unbundle, refuses_replies_of_another_shape) {
  const auto exchange = unbundle(test_space, {.session = {"sid-1"}, .reason = "rp"}, few);
  const auto stale = read_bytes(exchange, "*1\r\n$5\r\nstale\r\n");
  EXPECT_TRUE(stale && !stale->has_value());
  for (const auto* reply : {":1\r\n", "*0\r\n", "*4\r\n$4\r\nsome\r\n$1\r\n1\r\n*0\r\n:3\r\n",
                            "*3\r\n$4\r\nsome\r\n:1\r\n*0\r\n"}) {
    EXPECT_FALSE(read_bytes(exchange, reply)) << reply;
  }
  EXPECT_EQ(read_bytes(exchange, "-OOM\r\n").error(), (Refusal{Fault::store_full}));
}

}  // namespace slo::redis::bundle_test
