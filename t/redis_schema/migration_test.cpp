// SPDX-License-Identifier: BSD-2-Clause
// packaging/slo-migrate-store: a store as version 1 wrote it becomes one of version 2, and nothing is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "core/provider/provider.h"
#include "redis_schema/schema.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::migration_test {

constexpr std::string_view issuer = "https://op.example";
const Space now_space{.prefix = "slo", .issuer = store_tag({std::string(issuer)})};

// `a␟b␟c`
std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() && &part == parts.data() ? "" : "\x1f") + part;
  return text;
}

class Migration : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    if (std::system("redis-cli --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no redis-cli";
    check_request({"HSET", "slo{meta}:cfg", "v", "1", "P", "64"});
  }

  // A key of version 1.
  static std::string old(std::string_view value, const std::string& kind) {
    return "slo{" + std::string(tag_of(partition_of(value))) + "}:" + now_space.issuer.substr(0, 6) + ":" +
           kind;
  }
  void write_session(const std::string& key, const std::vector<std::string>& more) {
    std::vector<std::string> words{
        "HSET", old(key, "s:" + key), "t", "1800000000", "x", "2000000", "d", "0", "l", "0", "u", "alice",
        "k",    "0123456789abcdef"};
    words.insert(words.end(), more.begin(), more.end());
    check_request(words);
  }
  void write_delivery(const std::string& key, const std::string& id, const std::string& record) {
    check_request({"ZADD", old(key, "q"), "1", id});
    check_request({"HSET", old(key, "d"), id, record});
    check_request({"HSET", old(key, "a"), id, "2"});
  }

  // One session of every kind, as the scripts of version 1 left them.
  void write_all() {
    write_session("live", {":app-a", "1", ":app-b", "17\x1fupairwise\x1fsown-sid"});
    check_request({"ZADD", old("live", "x"), "1802000000", "live"});
    check_request({"ZADD", old("alice", "u:alice"), "1802000000", "live"});
    check_request({"SET", old("0123456789abcde\n", "k:0123456789abcde\n"), "live", "PX", "5000000"});
    check_request({"SET", old("own-sid", "l:own-sid"), "live", "PX", "5000000"});
    check_request({"SET", old("nonce", "t:nonce"), "1", "PX", "300000"});
    check_request({"HSET", old("live", "m"), "new", "7", "enq", "3"});
    check_request({"XADD", old("live", "rs"), "*", "s", "gone"});
    write_session("ended", {":app-a", "1", ":app-c", "1", "e", "5", "r", "rp", "n", "1800000005000 one"});
    write_delivery("ended", joined({"ended", "1800000000", "app-a"}),
                   joined({"1800000005000", "rp", "ended", "alice"}));
    write_delivery("ended", joined({"ended", "1800000000", "app-c"}),
                   joined({"1800000005000", "rp", "", "alice", "503"}));
    write_session("many", {":app-a", "1", ":app-b", "1", "e", "6", "r", "admin", "n", "1800000006000 two"});
    write_delivery("many", "many", joined({"1800000006000", "admin", "", "0.0"}));
    const auto dead = joined({"dead", "1800000000", "app-a"});
    check_request({"ZADD", old("dead", "dl"), "1800000009000", dead});
    check_request(
        {"HSET", old("dead", "dr"), dead, joined({"10", "404", "1800000007000", "expired", "dead", "bob"})});
  }

  // What it says, and how it ends.
  static std::pair<std::string, int> migrate(const std::string& more = "") {
    const std::string line = "packaging/slo-migrate-store --issuer " + std::string(issuer) + " " + more +
                             " -- -s " + server()->socket_path() + " 2>&1";
    FILE* pipe = ::popen(line.c_str(), "r");
    std::array<char, 1000> said{};
    const auto length = std::fread(said.data(), 1, said.size(), pipe);
    const int status = ::pclose(pipe);
    return {std::string(said.data(), length), WEXITSTATUS(status)};
  }
  std::vector<ListedDelivery> list(DeliveryState state) {
    const auto ids = run(*list_ids(now_space, state, 100, ""));
    return run(load_listed(now_space, state, ids));
  }
  Owed claim_in_all() { return run(claim(now_space, 0, partitions, 100, Millis{60'000})); }
  bool is_agreed() { return client().run(agree_on_schema("slo", {}, "id")).has_value(); }
};

const std::string done = "the store is of version 2 now: 18 keys moved\n";

TEST_F(Migration, keeps_every_session_and_finds_it_by_all_its_names) {
  write_all();
  EXPECT_FALSE(is_agreed());
  EXPECT_EQ(migrate(), std::pair(done, 0));
  EXPECT_TRUE(is_agreed());
  const auto live = run(find_session(now_space, {"live"}));
  ASSERT_TRUE(live);
  EXPECT_TRUE(live->is_live());
  EXPECT_EQ(live->find({"app-b"})->sid, Sid{"own-sid"});
  EXPECT_EQ(run(session_of_cookie(now_space, CookieDigest{"0123456789abcde\n"})), SessionKey{"live"});
  EXPECT_EQ(run(sessions_of(now_space, {"alice"}, 0, 10)), std::vector{SessionKey{"live"}});
  EXPECT_EQ(run(locate(now_space, {.sid = Sid{"own-sid"}}, std::nullopt)).sid, SessionKey{"live"});
  EXPECT_GT(number({"PTTL", alias_key(now_space, {"own-sid"})}), 4'900'000);
  EXPECT_FALSE(run(redeem(now_space, "nonce", Seconds{300}, "a logout"))) << "a used ticket stays used";
  EXPECT_EQ(counted(now_space), (std::map<std::string, long long>{{"new", 7}, {"enq", 3}}));
  EXPECT_EQ(number({"XLEN", feed_key(now_space, partition_of("live"))}), 1);
  EXPECT_EQ(text({"HGET", issuers_key("slo"), now_space.issuer}), issuer);
}

TEST_F(Migration, lets_what_nobody_serves_any_more_go_by_itself) {
  write_all();
  migrate();
  const auto reply = check_request({"KEYS", "*:" + now_space.issuer + ":*"});
  const Reply keys(reply.get());
  ASSERT_GT(keys.size(), 15u);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string key(*keys[i].text());
    const bool is_counters = key.ends_with(":m"), is_index = key.find(":u:") != std::string::npos;
    if (is_counters || is_index) continue;  // an index has its life from the scripts
    EXPECT_GT(number({"TTL", key}), 0) << key;
  }
  EXPECT_EQ(number({"EXPIRETIME", session_key(now_space, {"live"})}), 1802000000 + 30 * 86400);
}

TEST_F(Migration, keeps_what_is_owed) {
  write_all();
  migrate();
  const Delivery plain{.id = joined({"ended", "1800000000", "app-a"}),
                       .session = {"ended"},
                       .client = {"app-a"},
                       .sub = Subject{"alice"},
                       .sid = Sid{"ended"},
                       .reason = "rp",
                       .enqueued = TimeMs{Millis{1800000005000}},
                       .token = 3};
  auto tried = plain;
  tried.id = joined({"ended", "1800000000", "app-c"});
  tried.client = {"app-c"};
  tried.sid = std::nullopt;
  tried.attempt = 3;
  EXPECT_EQ(list(DeliveryState::pending).size(), 3u);
  const auto owed = claim_in_all();
  EXPECT_EQ(owed.deliveries, (std::vector{plain, tried}));
  ASSERT_EQ(owed.bundles, (std::vector{Bundle{.session = {"many"}, .reason = "admin", .token = 3}}));
  const auto drawn = run(unbundle(now_space, owed.bundles[0], {.lease = Millis{60'000}, .count = 10}));
  ASSERT_TRUE(drawn);
  EXPECT_EQ(drawn->deliveries.size(), 2u);
  EXPECT_EQ(drawn->deliveries.at(0).id, joined({"many", "1800000000", "app-a"}));
  EXPECT_EQ(run(settle(now_space, {{plain, Delivered{}}, {tried, RetryAt{Millis{1}, "503"}}})),
            (std::vector{Settled::delivered, Settled::rescheduled}));
}

TEST_F(Migration, keeps_dead_letters) {
  write_all();
  migrate();
  const auto dead = list(DeliveryState::dead);
  ASSERT_EQ(dead.size(), 1u);
  const Delivery expected{.id = joined({"dead", "1800000000", "app-a"}),
                          .session = {"dead"},
                          .client = {"app-a"},
                          .sub = Subject{"bob"},
                          .sid = Sid{"dead"},
                          .reason = "expired",
                          .enqueued = TimeMs{Millis{1800000007000}}};
  EXPECT_EQ(dead[0].delivery, expected);
  EXPECT_EQ(dead[0].attempts, 10u);
  EXPECT_EQ(dead[0].error, "404");
  EXPECT_TRUE(run(redrive(now_space, expected.id)));
  const auto owed = claim_in_all();
  const auto again = std::ranges::find(owed.deliveries, expected.id, &Delivery::id);
  ASSERT_NE(again, owed.deliveries.end());
  EXPECT_GT(again->token, 10u);
  EXPECT_EQ(again->attempt, 1u);
}

TEST_F(Migration, lets_the_sessions_be_ended) {
  write_all();
  migrate();
  const auto ended = run(end_session(now_space, {"live"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->ending.already);
  EXPECT_EQ(ended->owed.deliveries.size(), 2u);
  EXPECT_TRUE(run(end_session(now_space, {"ended"}, end_terms()))->ending.already);
}

TEST_F(Migration, lets_clients_join_leave_and_come_late) {
  write_all();
  migrate();
  const auto registration = [](const std::string& key, const std::string& name) {
    auto one = a_lesson(name);
    one.key = {key};
    return register_participation(now_space, one);
  };
  EXPECT_EQ(run(registration("live", "app-c")), Registered::new_client);
  EXPECT_EQ(run(registration("live", "app-a")), Registered::known);
  const auto left = run(end_participation(now_space, {"live"}, {"app-a"}, end_terms(Millis{60'000})));
  ASSERT_TRUE(left && left->owed.deliveries.size() == 1);
  EXPECT_EQ(left->owed.deliveries[0].id, joined({"live", "1800000000", "app-a"}));
  EXPECT_EQ(run(registration("live", "app-a")), Registered::new_client);
  std::set<std::string> ids;
  const auto ended = run(end_session(now_space, {"live"}, end_terms(Millis{60'000})));
  for (const auto& delivery : ended->owed.deliveries) ids.insert(delivery.id);
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_FALSE(ids.contains(left->owed.deliveries[0].id));
  EXPECT_EQ(run(registration("ended", "app-a")), Registered::too_late_known) << "its logout is still to come";
  EXPECT_EQ(run(registration("ended", "app-b")), Registered::too_late);
  claim_in_all();
  EXPECT_EQ(run(registration("ended", "app-a")), Registered::too_late);
  EXPECT_EQ(list(DeliveryState::pending).size(), 3u + 1 + 3 + 2);
}

TEST_F(Migration, lets_a_bundle_begin_anew) {
  write_all();
  write_delivery("many", "many", joined({"1800000006000", "admin", "0.0", "0.1"}));
  write_delivery("many", joined({"many", "1800000000", "app-b"}),
                 joined({"1800000006000", "admin", "many", "alice"}));
  migrate();
  const auto owed = claim_in_all();
  ASSERT_EQ(owed.bundles.size(), 1u);
  const auto drawn = run(unbundle(now_space, owed.bundles[0], {.lease = Millis{60'000}, .count = 10}));
  ASSERT_TRUE(drawn && drawn->deliveries.size() == 1);
  EXPECT_EQ(drawn->deliveries[0].client, ClientId{"app-a"}) << "app-b keeps the delivery that it has";
}

TEST_F(Migration, may_be_cut_off_and_run_again) {
  write_all();
  check_request({"HSET", "slo{meta}:cfg", "v", "1to2"});
  check_request({"RENAME", old("live", "s:live"), session_key(now_space, {"live"})});
  EXPECT_FALSE(is_agreed());
  EXPECT_EQ(migrate(), std::pair(std::string("the store is of version 2 now: 17 keys moved\n"), 0));
  EXPECT_EQ(migrate(), std::pair(std::string("the store is of version 2 already\n"), 0));
  EXPECT_EQ(list(DeliveryState::pending).size(), 3u);
  EXPECT_EQ(claim_in_all().deliveries.at(0).sid, Sid{"ended"}) << "no record was rewritten twice";
}

TEST_F(Migration, changes_nothing_where_it_is_not_sure) {
  write_all();
  check_request({"SET", "slo{53t}:AbC-_9:k:x", "y"});
  EXPECT_EQ(migrate(),
            std::pair(std::string("slo-migrate-store: there are keys of an issuer that was not named "
                                  "with --issuer (its tag is AbC-_9); nothing was changed\n"),
                      1));
  EXPECT_EQ(number({"EXISTS", old("live", "s:live")}), 1);
  EXPECT_EQ(text({"HGET", "slo{meta}:cfg", "v"}), "1");
  check_request({"DEL", "slo{53t}:AbC-_9:k:x"});
  check_request({"CLIENT", "SETNAME", "slo-4711"});
  EXPECT_EQ(migrate().second, 1) << "an nginx of the earlier release is connected";
  EXPECT_EQ(text({"HGET", "slo{meta}:cfg", "v"}), "1");
  check_request({"CLIENT", "SETNAME", "slo-v2-4711"});
  EXPECT_EQ(migrate(), std::pair(done, 0));
  EXPECT_EQ(migrate("--prefix other").second, 1) << "there is no such store";
}

TEST_F(Migration, leaves_other_prefixes_alone) {
  write_all();
  check_request({"SET", "slo2{53t}:AbC-_9:k:x", "y"});
  check_request({"SET", "unrelated", "z"});
  EXPECT_EQ(migrate(), std::pair(done, 0));
  EXPECT_EQ(text({"GET", "slo2{53t}:AbC-_9:k:x"}), "y");
}

}  // namespace slo::redis::migration_test
