// SPDX-License-Identifier: BSD-2-Clause
// Which sids the feed names: the session's, and each that a client has of its own, however it comes to its
// end.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redis_schema/feed.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::fed_sids_test {

using Sids = std::vector<std::string>;
using Fed = std::vector<Sids>;  // of each entry

std::string app(unsigned i) { return "app-" + std::to_string(i); }
std::string own(unsigned i) { return "own-" + std::to_string(i); }

class FedSids : public StoreTest {
 protected:
  // Everything in the feed, from the beginning on. Sids alone belong there.
  Fed fed() {
    const FeedPlaces from_the_beginning{};
    Fed all;
    for (const auto& entry : run(read_feed({{&test_space, &from_the_beginning}}, 1000, Millis{0}))) {
      EXPECT_EQ(entry.partition, partition_of("sid-1"));
      all.emplace_back();
      for (const auto& mark : entry.marks) {
        EXPECT_EQ(mark.of, Mark::Of::sid);
        all.back().push_back(mark.value);
      }
    }
    return all;
  }
  Fed fed_since(const Fed& before) {
    auto all = fed();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before.size()));
    return all;
  }
  static Registration under(const std::string& client, const std::string& sid) {
    auto registration = a_lesson(client);
    registration.client_sid = Sid{sid};
    return registration;
  }
  Registered join(const Registration& registration, const std::string& caller = {}) {
    return run(register_participation(test_space, registration, caller)).registered;
  }
  void join_all(unsigned clients) {
    for (unsigned i = 0; i < clients; ++i) join(under(app(i), own(i)));
  }
  Ended end(bool are_told = false) {
    auto terms = end_terms(are_told ? Millis{0} : Millis{60'000});
    terms.are_told = are_told;
    return run(end_session(test_space, {"sid-1"}, terms)).value_or(Ended{});
  }
  std::optional<Unbundled> draw(Bundle& bundle, unsigned count) {
    auto drawn = run(
        unbundle(test_space, bundle, {.lease = Millis{60'000}, .count = count, .tombstone = Seconds{600}}));
    bundle.place = drawn ? drawn->place : "";
    return drawn;
  }
  void draw_all(Bundle& bundle) {
    while (!bundle.place.empty()) draw(bundle, 16);
  }
  long long life_of_the_feed() {
    return number({"TTL", feed_key(test_space, partition_of("sid-1"))}) -
           Seconds{std::chrono::days{30}}.count();
  }
};

std::multiset<std::string> together(const Fed& fed) {
  std::multiset<std::string> all;
  for (const auto& sids : fed) all.insert(sids.begin(), sids.end());
  return all;
}

std::multiset<std::string> session_and(unsigned clients) {
  std::multiset<std::string> all{"sid-1"};
  for (unsigned i = 0; i < clients; ++i) all.insert(own(i));
  return all;
}

TEST_F(FedSids, are_the_sessions_alone_where_no_client_has_its_own) {
  join(a_lesson("app-a"));
  auto without = a_lesson("app-b");
  without.client_no_sid = true;
  join(without);
  end();
  EXPECT_EQ(fed(), (Fed{{"sid-1"}}));
}

TEST_F(FedSids, of_the_session_and_of_its_clients_stand_in_one_entry_each_once) {
  join(a_lesson("app-a"));
  join(under("app-b", "own-b"));
  join(under("app-c", "own-c"));
  join(under("app-d", "own-c"));
  join(under("app-e", "sid-1"));
  auto front = under("app-f", "own-f");
  front.channels = {.front = true};
  join(front);
  end();
  end();
  auto entries = fed();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].at(0), "sid-1");
  std::ranges::sort(entries[0]);
  EXPECT_EQ(entries[0], (Sids{"own-b", "own-c", "own-f", "sid-1"}));
}

TEST_F(FedSids, of_clients_whom_others_tell_are_all_fed_at_once) {
  for (const unsigned clients : {3u, 100u, max_participants}) {
    check_request({"FLUSHALL"});
    join_all(clients);
    EXPECT_EQ(end(true).owed, Owed{});
    EXPECT_EQ(fed().size(), 1u);
    EXPECT_EQ(together(fed()), session_and(clients));
  }
}

TEST_F(FedSids, of_many_clients_are_fed_as_their_bundle_is_drawn) {
  for (const unsigned clients : {max_unbundled + 5, 100u, max_participants}) {
    check_request({"FLUSHALL"});
    join_all(clients);
    auto bundle = end().owed.bundles.at(0);
    EXPECT_EQ(fed(), (Fed{{"sid-1"}})) << "at once, however many there are";
    const auto before = fed();
    const auto drawn = draw(bundle, 4);
    ASSERT_TRUE(drawn);
    EXPECT_EQ(fed_since(before), (Fed{{own(0), own(1), own(2), own(3)}})) << "those that it owed";
    draw_all(bundle);
    EXPECT_EQ(together(fed()), session_and(clients)) << "each once";
    for (const auto& sids : fed()) EXPECT_LE(sids.size(), 16u);
  }
}

TEST_F(FedSids, of_many_clients_that_have_none_are_the_sessions_alone) {
  for (unsigned i = 0; i < 100; ++i) join(a_lesson(app(i)));
  auto bundle = end().owed.bundles.at(0);
  draw_all(bundle);
  EXPECT_EQ(fed(), (Fed{{"sid-1"}}));
}

TEST_F(FedSids, are_drawn_once_whoever_draws_and_however_often) {
  join_all(100);
  auto mine = end().owed.bundles.at(0);
  auto lost = mine;
  draw(mine, 16);
  draw(lost, 16);
  let_leases_run_out();
  auto theirs = claim_owed().bundles.at(0);
  draw(mine, 16);
  draw_all(theirs);
  EXPECT_EQ(together(fed()), session_and(100));
}

TEST_F(FedSids, of_who_comes_after_the_end_are_fed_then) {
  join(a_lesson("app-a"));
  end();
  const auto before = fed();
  EXPECT_EQ(join(under("late", "own-late"), "me"), Registered::too_late);
  EXPECT_EQ(join(under("late", "own-late"), "me"), Registered::too_late) << "asked again";
  EXPECT_EQ(join(a_lesson("late-b")), Registered::too_late) << "under the session's sid, which was fed";
  auto front = under("late-c", "own-c");
  front.channels = {.front = true};
  EXPECT_EQ(join(front), Registered::too_late);
  EXPECT_EQ(fed_since(before), (Fed{{"own-late"}, {"own-c"}}));
}

TEST_F(FedSids, of_who_comes_again_after_the_end_are_fed_where_they_are_new) {
  join(under("app-a", "own-a"));
  auto front = under("app-f", "own-f");
  front.channels = {.front = true};
  join(front);
  end();
  const auto before = fed();
  join(under("app-a", "own-a"));
  EXPECT_EQ(fed_since(before), Fed{});
  join(under("app-a", "own-b"));
  front.client_sid = Sid{"own-g"};
  join(front);
  EXPECT_EQ(fed_since(before), (Fed{{"own-b", "own-a"}, {"own-g", "own-f"}}));
}

TEST_F(FedSids, that_renewed_tokens_bring_after_the_end_are_fed) {
  join(under("app-a", "own-a"));
  end();
  const auto before = fed();
  auto renewal = under("app-a", "own-a");
  renewal.is_renewal = true;
  EXPECT_EQ(join(renewal, "me"), Registered::too_late_known);
  EXPECT_EQ(fed_since(before), Fed{});
  renewal.client_sid = Sid{"own-b"};
  EXPECT_EQ(join(renewal, "other"), Registered::too_late_known);
  EXPECT_EQ(join(renewal, "other"), Registered::too_late_known);
  EXPECT_EQ(fed_since(before), (Fed{{"own-b", "own-a"}}));
}

TEST_F(FedSids, that_a_late_login_replaces_in_a_bundle_are_fed_nevertheless) {
  join_all(100);
  auto bundle = end().owed.bundles.at(0);
  EXPECT_EQ(join(under(app(99), "new")), Registered::too_late);
  draw_all(bundle);
  const auto all = together(fed());
  for (const auto& sid : session_and(100)) EXPECT_TRUE(all.contains(sid)) << sid;
  EXPECT_TRUE(all.contains("new"));
}

TEST_F(FedSids, of_who_leaves_are_his_own_alone) {
  join(a_lesson("app-a"));
  join(under("app-b", "own-b"));
  join(under("app-c", "sid-1"));
  auto front = under("app-f", "own-f");
  front.channels = {.front = true};
  join(front);
  auto terms = end_terms();
  for (const auto* client : {"app-a", "app-b", "app-b", "app-c", "app-f", "nobody"}) {
    terms.caller = client;
    run(end_participation(test_space, {"sid-1"}, {client}, terms));
  }
  EXPECT_EQ(fed(), (Fed{{"own-b"}, {"own-f"}})) << "the session lives on under its own";
}

TEST_F(FedSids, are_kept_for_the_longest_of_life_tombstone_and_retention) {
  const auto ends = [&](Seconds life, Seconds tombstone, Seconds retention) {
    check_request({"FLUSHALL"});
    auto registration = a_lesson();
    registration.absolute = life;
    join(registration);
    run(end_session(test_space, {"sid-1"}, {.reason = "rp", .tombstone = tombstone, .retention = retention}));
    return life_of_the_feed();
  };
  constexpr Seconds day{86400};
  EXPECT_NEAR(static_cast<double>(ends(3 * day, day, 2 * day)), 3 * 86400, 5);
  EXPECT_NEAR(static_cast<double>(ends(day, 3 * day, 2 * day)), 3 * 86400, 5);
  EXPECT_NEAR(static_cast<double>(ends(day, 2 * day, 3 * day)), 3 * 86400, 5);
  EXPECT_NEAR(static_cast<double>(ends(day, day, EndTerms{}.retention)), 7 * 86400, 5);
}

TEST_F(FedSids, are_kept_as_long_by_whoever_feeds_them) {
  const auto feed = feed_key(test_space, partition_of("sid-1"));
  constexpr Seconds nine_days{9 * 86400};
  const auto is_kept = [&] {
    const bool is_so = std::abs(life_of_the_feed() - nine_days.count()) < 5;
    check_request({"DEL", feed});
    return is_so;
  };
  join_all(100);
  run(end_participation(test_space, {"sid-1"}, {app(0)}, {.reason = "rp", .retention = nine_days}));
  EXPECT_TRUE(is_kept()) << "leave";
  auto bundle = end().owed.bundles.at(0);
  check_request({"DEL", feed});
  run(unbundle(test_space, bundle, {.lease = Millis{60'000}, .retention = nine_days}));
  EXPECT_TRUE(is_kept()) << "unbundle";
  run(register_participation(test_space, under("late", "own-late"), {}, nine_days));
  EXPECT_TRUE(is_kept()) << "register";
}

TEST_F(FedSids, trim_those_that_are_kept_no_longer) {
  const auto reply = check_request({"TIME"});
  const auto now = Reply(reply.get())[0].integer().value_or(0);
  const auto feed = feed_key(test_space, partition_of("sid-1"));
  for (const auto days : {8, 6}) {
    for (int i = 0; i < 200; ++i)
      check_request(
          {"XADD", feed, std::to_string((now - days * 86400LL) * 1000 + i) + "-0", "s", own(200 + i)});
  }
  join(a_lesson());
  end();
  const auto left = number({"XLEN", feed});
  EXPECT_GE(left, 201) << "what is six days old";
  EXPECT_LT(left, 301) << "the rest but for what lies in the same node of it";
}

}  // namespace slo::redis::fed_sids_test
