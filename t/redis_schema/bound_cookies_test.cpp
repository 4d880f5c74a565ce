// SPDX-License-Identifier: BSD-2-Clause
// Applications' cookies against a server: an owner is written once, a session remembers the newest of each.
#include "redis_schema/bound_cookies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::bound_cookies_test {

using Owners = std::vector<std::optional<CookieOwner>>;
using Cookies = std::vector<BoundCookie>;

constexpr Seconds hour{3600};
constexpr long long month = 30LL * 86400 * 1000;

CookieDigest digest(unsigned i = 0) {
  auto bytes = std::to_string(i);
  bytes.resize(16, '.');
  return {bytes};
}
CookieOwner alice(std::string attributes = {}) {
  return {{"sid-1"}, {"sid-1", "alice", TimeS{Seconds{1'800'000'000}}}, std::move(attributes)};
}
CookieOwner bob() { return {{"~bob"}, {"", "bob", std::nullopt}, "path=/"}; }
const ClientId wiki{"app:wiki.example"}, shop{"app:shop.example/logout"};
BoundCookie cookie(std::string name, unsigned i = 0, std::string sealed = {}) {
  return {std::move(name), digest(i), std::move(sealed)};
}

class BoundCookies : public StoreTest {
 protected:
  CookieOwner claim_for(const CookieOwner& owner, unsigned i = 0, Seconds life = hour) {
    const auto owners = run(own(test_space, owner, {digest(i)}, life));
    return owners.size() == 1 ? owners[0] : CookieOwner{};
  }
  void keep(const ClientId& application, const Cookies& cookies, Seconds life = hour) {
    EXPECT_TRUE(run(keep_cookies(test_space, {"sid-1"}, application, cookies, life)));
  }
  Cookies kept(const ClientId& application) { return run(cookies_of(test_space, {"sid-1"}, application)); }
  std::string kept_under() { return cookies_key(test_space, {"sid-1"}); }
  // Lets all that is remembered be so much older.
  void let_age(Seconds time) {
    const auto reply = check_request({"HGETALL", kept_under()});
    const Reply all(reply.get());
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
      const std::string value(*all[i + 1].text());
      const auto end = value.find('\x1f');
      const auto second = std::stoll(value.substr(0, end)) - time.count();
      check_request(
          {"HSET", kept_under(), std::string(*all[i].text()), std::to_string(second) + value.substr(end)});
    }
  }
  bool is_about(long long ms, long long life) { return ms <= life && ms > life - 10'000; }
};

TEST_F(BoundCookies, are_nobodys_at_first) {
  EXPECT_EQ(run(owners_of(test_space, {digest(1), digest(2)})), (Owners{std::nullopt, std::nullopt}));
}

TEST_F(BoundCookies, belong_to_who_claimed_them_first) {
  EXPECT_EQ(claim_for(alice("path=/app")), alice("path=/app"));
  EXPECT_EQ(claim_for(bob()), alice("path=/app")) << "a kiosk's second user";
  EXPECT_EQ(claim_for(alice()), alice("path=/app"));
  EXPECT_EQ(claim_for(bob(), 1), bob());
  EXPECT_EQ(run(owners_of(test_space, {digest(1), digest(7), digest(0)})),
            (Owners{bob(), std::nullopt, alice("path=/app")}));
}

TEST_F(BoundCookies, are_claimed_many_at_a_time) {
  claim_for(bob(), 2);
  EXPECT_EQ(run(own(test_space, alice(), {digest(1), digest(2), digest(3)}, hour)),
            (std::vector{alice(), bob(), alice()}));
}

TEST_F(BoundCookies, learn_attributes_that_were_not_known_and_keep_those_that_are) {
  claim_for(alice());
  auto stranger = bob();
  EXPECT_EQ(claim_for(stranger), alice()) << "not by somebody else";
  auto otherwise_named = alice("path=/app");
  otherwise_named.names.sub = "pairwise";
  EXPECT_EQ(claim_for(otherwise_named), alice("path=/app")) << "the names are those of the first time";
  EXPECT_EQ(claim_for(alice("path=/")), alice("path=/app"));
  EXPECT_EQ(claim_for(alice()), alice("path=/app"));
}

TEST_F(BoundCookies, are_owned_for_as_long_as_their_owner_says) {
  const auto key = owner_key(test_space, digest());
  claim_for(alice());
  EXPECT_TRUE(is_about(number({"PTTL", key}), 3'600'000));
  claim_for(alice(), 0, Seconds{60});
  EXPECT_TRUE(is_about(number({"PTTL", key}), 3'600'000)) << "nobody shortens it";
  claim_for(bob(), 0, 10 * hour);
  EXPECT_TRUE(is_about(number({"PTTL", key}), 3'600'000)) << "nobody else prolongs it";
  claim_for(alice(), 0, 2 * hour);
  EXPECT_TRUE(is_about(number({"PTTL", key}), 7'200'000));
  claim_for(alice("path=/"), 0, Seconds{60});
  EXPECT_TRUE(is_about(number({"PTTL", key}), 7'200'000));
  claim_for(bob(), 1, Seconds{0});
  EXPECT_GT(number({"PTTL", owner_key(test_space, digest(1))}), 0) << "nothing stays for ever";
}

TEST_F(BoundCookies, take_names_and_digests_of_any_bytes) {
  const CookieDigest bytes{std::string("\0\x1f\r\n{}:\xff\x1f%s'\"\\\t \x1f", 16)};
  const CookieOwner owner{
      {"sid \xc3\xa4:{}"}, {"sid \xc3\xa4:{}", "o'sub%", TimeS{Seconds{5}}}, "a=\"b\"; %1"};
  EXPECT_EQ(run(own(test_space, owner, {bytes}, hour)), std::vector{owner});
  EXPECT_EQ(run(owners_of(test_space, {bytes})), Owners{owner});
  const Cookies cookies{{"name%.*", bytes, std::string("\0\x1f\r\n1\x1f", 6)}};
  keep(wiki, cookies);
  EXPECT_EQ(kept(wiki), cookies);
  keep(wiki, cookies);
  EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, wiki, cookies)));
  EXPECT_EQ(kept(wiki), Cookies{});
}

TEST_F(BoundCookies, of_two_issuers_do_not_meet) {
  const Space other{.prefix = test_space.prefix, .issuer = "zzzzzz"};
  claim_for(alice());
  EXPECT_EQ(run(owners_of(other, {digest()})), Owners{std::nullopt});
}

TEST_F(BoundCookies, are_remembered_by_application) {
  keep(wiki, {cookie("WIKISESSID", 1, "sealed"), cookie("csrf", 2)});
  keep(shop, {cookie("JSESSIONID", 3)});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("WIKISESSID", 1, "sealed"), cookie("csrf", 2)}));
  EXPECT_EQ(kept(shop), Cookies{cookie("JSESSIONID", 3)});
  EXPECT_EQ(kept({"app:wiki"}), Cookies{}) << "a name's beginning is another name";
  EXPECT_EQ(run(cookies_of(test_space, {"sid-2"}, wiki)), Cookies{});
  const auto all = run(remembered_cookies(test_space, {"sid-1"}));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].application, shop);
  EXPECT_EQ(all[0].name, "JSESSIONID");
  EXPECT_GT(all[0].since, TimeS{Seconds{1'700'000'000}});
  EXPECT_EQ(all[1].name, "WIKISESSID");
  EXPECT_EQ(all[2].name, "csrf");
}

TEST_F(BoundCookies, of_a_name_are_remembered_in_their_newest_value) {
  keep(wiki, {cookie("a", 1, "old"), cookie("b", 2)});
  let_age(hour);
  const auto before = run(remembered_cookies(test_space, {"sid-1"}));
  keep(wiki, {cookie("a", 3, "new"), cookie("b", 2)});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 3, "new"), cookie("b", 2)})) << "the newest first";
  const auto after = run(remembered_cookies(test_space, {"sid-1"}));
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0], before[1]) << "b is as old as it was, and now the oldest";
  EXPECT_GT(after[1].since, before[0].since);
}

TEST_F(BoundCookies, that_a_request_brings_take_no_others_place) {
  const auto add = [this](const Cookies& cookies) {
    EXPECT_TRUE(run(keep_cookies(test_space, {"sid-1"}, wiki, cookies, hour, SeenIn::request)));
  };
  add({cookie("a", 1), cookie("a", 2, "junk"), cookie("b", 3, "sealed-b")});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 1), cookie("b", 3, "sealed-b")}));
  add({cookie("a", 4, "junk"), cookie("a", 1, "sealed-a")});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 1, "sealed-a"), cookie("b", 3, "sealed-b")}));
  keep(wiki, {cookie("a", 5, "rotated")});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 5, "rotated"), cookie("b", 3, "sealed-b")}));
  Cookies many;
  for (unsigned i = 0; i < 100; ++i) many.push_back(cookie("p_" + std::to_string(i), 10 + i));
  add({many.begin(), many.begin() + 50});
  add({many.begin() + 50, many.end()});
  const auto all = kept(wiki);
  EXPECT_EQ(all.size(), 64U);
  EXPECT_TRUE(std::ranges::count(all, cookie("a", 5, "rotated")) == 1 &&
              std::ranges::count(all, many[61]) == 1 && std::ranges::count(all, many[62]) == 0);
}

TEST_F(BoundCookies, that_are_remembered_stay_as_they_are_but_for_a_value_that_was_missing) {
  keep(wiki, {cookie("a", 1)});
  let_age(hour);
  const auto before = run(remembered_cookies(test_space, {"sid-1"}));
  keep(wiki, {cookie("a", 1, "sealed")});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 1, "sealed")}));
  keep(wiki, {cookie("a", 1, "sealed again")});
  keep(wiki, {cookie("a", 1)});
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 1, "sealed")}));
  EXPECT_EQ(run(remembered_cookies(test_space, {"sid-1"})), before) << "since the first time";
}

TEST_F(BoundCookies, are_remembered_up_to_64_and_the_oldest_go) {
  for (unsigned i = 0; i < max_remembered_cookies; ++i) {
    keep(i % 2 == 0 ? wiki : shop, {cookie("c" + std::to_string(i), i)});
    let_age(Seconds{1});
  }
  keep(wiki, {cookie("new-1", 100), cookie("new-2", 101), cookie("c0", 0)});
  const auto all = run(remembered_cookies(test_space, {"sid-1"}));
  EXPECT_EQ(all.size(), max_remembered_cookies);
  const auto is_there = [&](const std::string& name) {
    return std::ranges::count(all, name, &RememberedCookie::name) == 1;
  };
  EXPECT_TRUE(is_there("new-1") && is_there("new-2"));
  EXPECT_TRUE(is_there("c0")) << "who is named stays, however old";
  EXPECT_FALSE(is_there("c1") || is_there("c2"));
  EXPECT_TRUE(is_there("c3"));
}

TEST_F(BoundCookies, of_more_than_64_at_once_are_the_last) {
  Cookies many;
  for (unsigned i = 0; i < max_remembered_cookies + 6; ++i)
    many.push_back(cookie("c" + std::to_string(i), i));
  for (int i = 0; i < 2; ++i) {
    keep(wiki, many);
    EXPECT_EQ(kept(wiki).size(), max_remembered_cookies);
    EXPECT_EQ(std::ranges::count(kept(wiki), "c5", &BoundCookie::name), 0);
    let_age(hour);
  }
}

TEST_F(BoundCookies, are_remembered_for_a_month_longer_where_a_call_may_be_owed) {
  keep(wiki, {cookie("a")});
  EXPECT_TRUE(is_about(number({"PTTL", kept_under()}), 3'600'000));
  keep(shop, {cookie("a", 1, "sealed"), cookie("b", 2)});
  EXPECT_TRUE(is_about(number({"PTTL", kept_under()}), 3'600'000 + month));
  keep(wiki, {cookie("a")}, Seconds{1});
  EXPECT_TRUE(is_about(number({"PTTL", kept_under()}), 3'600'000 + month)) << "nobody shortens it";
}

TEST_F(BoundCookies, of_an_application_are_forgotten_that_it_was_told_of) {
  keep(wiki, {cookie("a"), cookie("b")});
  keep(shop, {cookie("a")});
  const auto told = kept(wiki);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, wiki, told)));
    EXPECT_EQ(kept(wiki), Cookies{});
    EXPECT_EQ(kept(shop), Cookies{cookie("a")});
  }
  EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, shop, kept(shop))));
  EXPECT_EQ(number({"DBSIZE"}), 0);
}

// Who signs in while the application is being told is owed another call, with the new cookie.
TEST_F(BoundCookies, that_came_while_the_application_was_told_are_not_forgotten) {
  keep(wiki, {cookie("a", 1), cookie("b", 2)});
  const auto told = kept(wiki);
  keep(wiki, {cookie("a", 3), cookie("c", 4)});
  EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, wiki, told)));
  EXPECT_EQ(kept(wiki), (Cookies{cookie("a", 3), cookie("c", 4)}));
  EXPECT_TRUE(run(forget_cookies(test_space, {"sid-1"}, wiki, {})));
  EXPECT_EQ(kept(wiki).size(), 2u) << "none is not all";
}

// What a session remembers, in an order that dice choose, against a map.
TEST_F(BoundCookies, agree_with_a_model) {
  std::mt19937 dice(12);
  const auto roll = [&](unsigned sides) { return static_cast<unsigned>(dice() % sides); };
  std::map<std::pair<ClientId, std::string>, unsigned> model;
  for (unsigned step = 0; step < 1500 && !HasFailure(); ++step) {
    const auto& application = roll(2) == 0 ? wiki : shop;
    if (roll(10) == 0) {
      const auto told = kept(application);
      if (roll(2) == 0) keep(application, {cookie(told.empty() ? "c0" : told[0].name, step)});
      run(forget_cookies(test_space, {"sid-1"}, application, told));
      for (const auto& one : told) model.erase({application, one.name});
      for (const auto& one : kept(application)) model[{application, one.name}] = step;
    } else {
      const auto name = "c" + std::to_string(roll(25)), value = "value-" + std::to_string(step);
      for (unsigned times = 1 + roll(2); times > 0; --times) keep(application, {cookie(name, step, value)});
      model[{application, name}] = step;
    }
    std::map<std::pair<ClientId, std::string>, CookieDigest> expected, found;
    for (const auto& [which, at] : model) expected[which] = digest(at);
    for (const auto& app : {wiki, shop})
      for (const auto& one : kept(app)) found[{app, one.name}] = one.digest;
    EXPECT_EQ(found, expected) << step;
  }
}

TEST_F(BoundCookies, that_cannot_be_read_are_a_fault_of_the_store) {
  for (const auto* value : {"", "sid-1", "sid-1\x1f\x1f\x1f", "sid-1\x1f\x1f\x1fsoon\x1f"}) {
    check_request({"SET", owner_key(test_space, digest()), value});
    EXPECT_EQ(client().run(owners_of(test_space, {digest()})).error().fault, Fault::store_reply_unexpected);
    if (std::string(value).ends_with("\x1f\x1f\x1f")) continue;
    EXPECT_FALSE(is_answered(own(test_space, bob(), {digest()}, hour))) << value;
  }
}

TEST(BoundCookieExchanges, refuse_replies_of_another_shape) {
  const auto owners = owners_of(test_space, {digest(), digest(1)});
  EXPECT_EQ(owners.commands.size(), 2u);
  EXPECT_TRUE(owners_of(test_space, {}).commands.empty());
  EXPECT_FALSE(read_bytes(owners, "$-1\r\n"));
  EXPECT_FALSE(read_bytes(owners, "$-1\r\n:1\r\n"));
  EXPECT_EQ(read_bytes(owners, "$-1\r\n-OOM\r\n").error(), (Refusal{Fault::store_full}));
  EXPECT_EQ(read_bytes(owners, "$-1\r\n$-1\r\n"), (Owners{std::nullopt, std::nullopt}));
  const auto owned = own(test_space, alice(), {digest()}, hour);
  EXPECT_FALSE(read_bytes(owned, "$-1\r\n")) << "it is somebody's";
  const auto keeping = keep_cookies(test_space, {"sid-1"}, wiki, {cookie("a")}, hour);
  EXPECT_FALSE(read_bytes(keeping, ":0\r\n"));
  const auto reading = cookies_of(test_space, {"sid-1"}, wiki);
  EXPECT_EQ(read_bytes(reading, "*0\r\n"), Cookies{});
  EXPECT_FALSE(read_bytes(reading, "$1\r\nx\r\n"));
  EXPECT_FALSE(read_bytes(reading, array_of({"a"})));
  EXPECT_FALSE(read_bytes(reading, array_of({"a\x1f"
                                             "b",
                                             "17"})));
  EXPECT_FALSE(read_bytes(reading, array_of({"a\x1f"
                                             "b",
                                             "x\x1f"
                                             "0123456789abcdef\x1f"})));
}

}  // namespace slo::redis::bound_cookies_test
