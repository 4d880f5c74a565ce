// SPDX-License-Identifier: BSD-2-Clause
// I9: on a full server nobody can sign in any more, but everybody can be signed out.
#include <gtest/gtest.h>

#include <algorithm>

#include "redis_schema/bound_cookies.h"
#include "redis_schema/feed.h"
#include "redis_schema/marks.h"
#include "redis_schema/schema.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::full_store_test {

class FullStore : public StoreTest {
 protected:
  // Far beyond full, so that nothing that the scripts free makes room for what they write.
  void fill_up() { check_request({"CONFIG", "SET", "maxmemory", "100kb"}); }
  void TearDown() override {
    if (server()) check_request({"CONFIG", "SET", "maxmemory", "0"});
  }
  std::vector<std::string> all_keys() {
    const auto reply = check_request({"KEYS", "*"});
    const Reply keys(reply.get());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys.size(); ++i) names.emplace_back(*keys[i].text());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(FullStore, is_full) {
  fill_up();
  const auto reply = check_request({"SET", "key", "value"});
  EXPECT_EQ(refusal_of(Reply(reply.get())), (Refusal{Fault::store_full}));
}

TEST_F(FullStore, I9_refuses_a_login_and_writes_none_of_it) {
  run(register_participation(test_space, a_lesson()));
  const auto before = session();
  fill_up();
  const auto keys = all_keys();
  auto registration = a_lesson("app-b");
  registration.cookie = CookieDigest{"0123456789abcdef"};
  registration.client_sid = Sid{"own-sid"};
  EXPECT_EQ(client().run(register_participation(test_space, registration)).error(),
            (Refusal{Fault::store_full}));
  registration.key = {"sid-2"};
  EXPECT_EQ(client().run(register_participation(test_space, registration)).error(),
            (Refusal{Fault::store_full}));
  EXPECT_EQ(all_keys(), keys);
  EXPECT_EQ(session(), before);
}

TEST_F(FullStore, I9_ends_a_session_and_delivers_its_logouts) {
  for (const auto* client : {"a", "b", "c", "d"}) run(register_participation(test_space, a_lesson(client)));
  run(agree_on_schema("slo", {}, "id"));
  fill_up();
  const auto left = run(end_participation(test_space, {"sid-1"}, {"d"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(left && left->owed.deliveries.size() == 1);
  ASSERT_TRUE(run(end_session(test_space, {"sid-1"}, end_terms())));
  const auto claimed = claim_all();
  ASSERT_EQ(claimed.size(), 3u);
  EXPECT_EQ(run(settle(test_space, {{claimed[0], Delivered{}},
                                    {claimed[1], RetryAt{Millis{5000}, "503"}},
                                    {claimed[2], Abandon{"404"}}})),
            (std::vector{Settled::delivered, Settled::rescheduled, Settled::dead}));
  EXPECT_TRUE(run(redrive(test_space, claimed[2].id)));
  EXPECT_EQ(run(agree_on_schema("slo", {}, "other")), (Agreement{.store_id = "id"}))
      << "a worker may start while the store is full";
}

TEST_F(FullStore, I9_ends_a_session_of_many_clients) {
  for (unsigned i = 0; i < 100; ++i)
    run(register_participation(test_space, a_lesson("client-" + std::to_string(i))));
  fill_up();
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended && ended->owed.bundles.size() == 1);
  const auto unbundled =
      run(unbundle(test_space, ended->owed.bundles[0], {.lease = Millis{60'000}, .count = 200}));
  ASSERT_TRUE(unbundled);
  EXPECT_EQ(unbundled->deliveries.size(), 100u);
  EXPECT_EQ(settle_with(entry_of(ended->owed.bundles[0]), Delivered{}), Settled::delivered);
}

TEST_F(FullStore, I9_records_what_an_op_has_ended) {
  fill_up();
  const MarkTerms terms{.retention = Seconds{3600}, .jti = "jti-1", .jti_life = Seconds{60}};
  const Mark sid{Mark::Of::sid, "sid-1", {}}, sub{Mark::Of::sub, "alice", TimeS{Seconds{5}}};
  EXPECT_EQ(run(put_mark(test_space, sid, terms)), Marked::now);
  EXPECT_EQ(run(put_mark(test_space, sid, terms)), Marked::repeated);
  EXPECT_EQ(run(put_mark(test_space, sub, terms)), Marked::now);
  EXPECT_EQ(run(put_mark(test_space, sub, {.retention = Seconds{3600}, .jti = "jti-2"})), Marked::before)
      << "and its jti is kept";
  EXPECT_EQ(number({"EXISTS", jti_key(test_space, sub, "jti-2")}), 1);
  const FeedPlaces from_the_beginning{};
  EXPECT_EQ(run(read_feed({{&test_space, &from_the_beginning}}, 10, Millis{0})).size(), 2u);
}

TEST_F(FullStore, I9_tells_guards_of_the_sids_that_clients_have_of_their_own) {
  sign_in_with_names_of_their_own();
  run(register_participation(test_space, a_lesson()));
  fill_up();
  ASSERT_TRUE(run(end_participation(test_space, {"sid-1"}, {"own"}, end_terms())));
  ASSERT_TRUE(run(end_session(test_space, {"sid-1"}, end_terms())));
  EXPECT_EQ(number({"XLEN", feed_key(test_space, partition_of("sid-1"))}), 2);
}

TEST_F(FullStore, I9_expires_sessions) {
  run(register_participation(test_space, a_lesson()));
  const auto p = partition_of("sid-1");
  check_request({"ZADD", expiry_key(test_space, p), "1", "sid-1"});
  check_request({"HSET", session_key(test_space, {"sid-1"}), "x", "0"});
  fill_up();
  EXPECT_EQ(run(claim_due(test_space, p, 10, Seconds{60})), std::vector<SessionKey>{{"sid-1"}});
  auto terms = end_terms();
  terms.only_if_due = true;
  EXPECT_TRUE(run(end_session(test_space, {"sid-1"}, terms)));
}

TEST_F(FullStore, I9_claims_and_keeps_no_cookie_but_knows_and_forgets_those_that_are_there) {
  const CookieDigest known{"0123456789abcdef"}, fresh{"fedcba9876543210"};
  const CookieOwner alice{{"sid-1"}, {"sid-1", "alice", std::nullopt}, ""};
  auto alice_with_attributes = alice;
  alice_with_attributes.attributes = "path=/";
  const ClientId wiki{"app:wiki.example"};
  const std::vector<BoundCookie> cookies{{"JSESSIONID", known, "sealed"}};
  run(own(test_space, alice, {known}, Seconds{60}));
  run(keep_cookies(test_space, {"sid-1"}, wiki, cookies, Seconds{60}));
  fill_up();
  const auto keys = all_keys();
  EXPECT_EQ(client().run(own(test_space, alice, {fresh}, Seconds{60})).error(), (Refusal{Fault::store_full}));
  EXPECT_EQ(client().run(own(test_space, alice_with_attributes, {known}, Seconds{60})).error(),
            (Refusal{Fault::store_full}));
  EXPECT_EQ(run(own(test_space, alice, {known}, Seconds{600})), std::vector{alice});
  EXPECT_EQ(run(owners_of(test_space, {known, fresh})),
            (std::vector<std::optional<CookieOwner>>{alice, std::nullopt}));
  const std::vector<BoundCookie> both{{"JSESSIONID", fresh, "sealed"}, {"csrf", fresh, "sealed"}};
  EXPECT_EQ(client().run(keep_cookies(test_space, {"sid-1"}, wiki, both, Seconds{600})).error(),
            (Refusal{Fault::store_full}));
  EXPECT_EQ(run(cookies_of(test_space, {"sid-1"}, wiki)), cookies);
  EXPECT_TRUE(run(keep_cookies(test_space, {"sid-1"}, wiki, cookies, Seconds{600})));
  EXPECT_EQ(all_keys(), keys);
  EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, wiki, cookies)));
  EXPECT_EQ(run(cookies_of(test_space, {"sid-1"}, wiki)), std::vector<BoundCookie>{});
}

TEST_F(FullStore, I9_calls_applications) {
  auto opening = a_lesson("app:wiki.example");
  opening.channels = {.legacy = true};
  run(register_participation(test_space, opening));
  fill_up();
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->owed.deliveries.size(), 1u);
}

TEST_F(FullStore, I9_redeems_a_ticket_once) {
  fill_up();
  EXPECT_TRUE(run(redeem(test_space, "nonce-1", Seconds{300}, "logout")));
  EXPECT_FALSE(run(redeem(test_space, "nonce-1", Seconds{300}, "other")));
}

TEST_F(FullStore, I9_ends_a_session_although_the_scripts_must_be_sent_again) {
  run(register_participation(test_space, a_lesson()));
  fill_up();
  check_request({"SCRIPT", "FLUSH"});
  const auto ended = run(end_session(test_space, {"sid-1"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->owed.deliveries.size(), 1u);
}

}  // namespace slo::redis::full_store_test
