// SPDX-License-Identifier: BSD-2-Clause
// The link sends again what was not answered: every script is run twice in a row with the same arguments, and
// says and leaves the same. A script that is not on the list fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "redis_schema/bound_cookies.h"
#include "redis_schema/marks.h"
#include "redis_schema/partition_ids.h"
#include "redis_schema/schema.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::repeat_test {

// A reply in one line.
std::string written(const Reply& reply) {
  if (reply.is_error()) return "error " + std::string(reply.error());
  if (reply.is_nil()) return "nil";
  if (!reply.is_array())
    return std::string(reply.text().value_or(std::to_string(reply.integer().value_or(-1))));
  std::string line = "[";
  for (std::size_t i = 0; i < reply.size(); ++i) line += (i ? ", " : "") + written(reply[i]);
  return line + "]";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The same text; but times in it (ten digits are seconds, thirteen milliseconds) may be three seconds apart.
bool is_same_but_for_time(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i++] != b[j++]) return false;
      continue;
    }
    std::string left, right;
    while (i < a.size() && is_digit(a[i])) left += a[i++];
    while (j < b.size() && is_digit(b[j])) right += b[j++];
    const bool is_time = left.size() == right.size() && (left.size() == 10 || left.size() == 13);
    if (!is_time && left != right) return false;
    if (is_time && std::llabs(std::stoll(left) - std::stoll(right)) > (left.size() == 10 ? 3 : 3000))
      return false;
  }
  return i == a.size() && j == b.size();
}

class Repeated : public StoreTest {
 protected:
  std::string answer_to(const Command& command) {
    const auto reply = client().check_request({command});
    return written(Reply(reply.at(0).get()));
  }
  std::string ask_in_words(std::vector<std::string> words) {
    const auto reply = check_request(std::move(words));
    return written(Reply(reply.get()));
  }
  // Everything in the store, with when it expires.
  std::string state() {
    const auto reply = check_request({"KEYS", "*"});
    const Reply keys(reply.get());
    std::set<std::string> lines;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string key(*keys[i].text());
      lines.insert(key + " until " + ask_in_words({"PEXPIRETIME", key}) + ": " + content(key));
    }
    std::string whole;
    for (const auto& line : lines) whole += line + "\n";
    return whole;
  }
  std::string content(const std::string& key) {
    const auto type = ask_in_words({"TYPE", key});
    if (type == "zset") return ask_in_words({"ZRANGE", key, "0", "-1", "WITHSCORES"});
    if (type == "list") return ask_in_words({"LRANGE", key, "0", "-1"});
    if (type == "stream") return ask_in_words({"XLEN", key});
    if (type == "string") return ask_in_words({"GET", key});
    const auto reply = check_request({"HGETALL", key});
    const Reply fields(reply.get());
    std::set<std::string> pairs;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
      pairs.insert(written(fields[i]) + "=" + written(fields[i + 1]));
    std::string line;
    for (const auto& pair : pairs) line += pair + " ";
    return line;
  }

  // A session with some clients; ended, and what it owes.
  void sign_in(unsigned clients) {
    for (unsigned i = 0; i < clients; ++i)
      run(register_participation(test_space, a_lesson("app-" + std::to_string(i))));
  }
  static EndTerms leased() {
    auto terms = end_terms(Millis{60'000});
    terms.caller = "me";
    return terms;
  }
  std::vector<Delivery> owed(unsigned clients) {
    sign_in(clients);
    return run(end_session(test_space, {"sid-1"}, leased()))->owed.deliveries;
  }
  Delivery dead_letter() {
    const auto delivery = owed(1).at(0);
    settle_with(delivery, Abandon{"404"});
    return delivery;
  }
  void let_be_due() {
    check_request({"ZADD", expiry_key(test_space, partition_of("sid-1")), "1", "sid-1"});
    check_request({"HSET", session_key(test_space, {"sid-1"}), "x", "0"});
  }
};

// What of an exchange runs this script.
template <class T>
Command of(const Exchange<T>& exchange, const Script& script) {
  for (const auto& command : exchange.commands) {
    if (command.script == &script) return command;
  }
  ADD_FAILURE() << script.name << " is no part of this exchange";
  return exchange.commands.at(0);
}

struct Case {
  const Script* script;
  std::string what;
  std::string first;  // how the answer begins
  std::function<Command()> prepare;
  std::string again{};  // how the second answer begins, where it is another one than the first
};

class Scripts : public Repeated {
 protected:
  static constexpr std::uint16_t all = partitions;
  static std::uint16_t here() { return partition_of("sid-1"); }
  Registration with_pointers() {
    auto registration = a_lesson();
    registration.cookie = CookieDigest{"0123456789abcdef"};
    registration.client_sid = Sid{"own-sid"};
    return registration;
  }
  Command registering(const Registration& registration) {
    return of(register_participation(test_space, registration, "me"), register_script);
  }
  Command settling(const Delivery& delivery, Verdict verdict) {
    return settle(test_space, {{delivery, std::move(verdict)}}).commands.at(0);
  }

  std::vector<Case> of_sessions() {
    return {
        {&index_script, "a session", "1",
         [&] { return of(register_participation(test_space, a_lesson()), index_script); }},
        {&point_script, "a free pointer", "",
         [&] { return of(register_participation(test_space, with_pointers()), point_script); }},
        {&point_script, "a pointer of another session", "sid-0",
         [&] {
           auto other = with_pointers();
           other.key = {"sid-0"};
           run(register_participation(test_space, other));
           return of(register_participation(test_space, with_pointers()), point_script);
         }},
        {&point_script, "a pointer that is taken over", "",
         [&] {
           auto other = with_pointers();
           other.key = {"sid-0"};
           run(register_participation(test_space, other));
           return of(take_pointers(test_space, with_pointers(), {{true, {"sid-0"}}}), point_script);
         }},
        {&register_script, "a new session", "[1, ", [&] { return registering(a_lesson()); }},
        {&register_script, "a new client", "[2, ", [&] { return sign_in(1), registering(a_lesson("new")); }},
        {&register_script, "a known client", "[0, ",
         [&] { return sign_in(1), registering(a_lesson("app-0")); }},
        {&register_script, "a client that comes too late", "[-1, 1]",
         [&] { return owed(1), registering(a_lesson("late")); }},
        {&register_script, "a client too much", "[-2, 0]",
         [&] { return sign_in(max_participants), registering(a_lesson("late")); }},
        {&end_script, "a session", "[ended, ",
         [&] { return sign_in(2), end_session(test_space, {"sid-1"}, leased()).commands[0]; }},
        {&end_script, "a session of many clients", "[ended, ",
         [&] { return sign_in(100), end_session(test_space, {"sid-1"}, leased()).commands[0]; }},
        {&end_script, "a session whose deliveries are just queued", "[ended, ",
         [&] {
           sign_in(2);
           auto terms = leased();
           terms.lease = Millis{0};
           return end_session(test_space, {"sid-1"}, terms).commands[0];
         }},
        {&end_script, "a session that is not due", "[later, ",
         [&] {
           sign_in(1);
           auto terms = leased();
           terms.only_if_due = true;
           return end_session(test_space, {"sid-1"}, terms).commands[0];
         }},
        {&end_script, "nothing", "[none]",
         [&] { return end_session(test_space, {"sid-1"}, leased()).commands[0]; }},
        {&leave_script, "a participation", "[left, ",
         [&] {
           return sign_in(2), end_participation(test_space, {"sid-1"}, {"app-1"}, leased()).commands[0];
         }},
        {&leave_script, "a participation whose delivery is just queued", "[left, ",
         [&] {
           sign_in(2);
           auto terms = leased();
           terms.lease = Millis{0};
           return end_participation(test_space, {"sid-1"}, {"app-1"}, terms).commands[0];
         }},
        {&claimdue_script, "a session that is due", "[sid-1]",
         [&] {
           sign_in(1);
           let_be_due();
           return claim_due(test_space, here(), 10, Seconds{60}, "me").commands[0];
         }},
        {&redeem_script, "a ticket", "1",
         [&] { return redeem(test_space, "nonce", Seconds{300}, "me").commands[0]; }},
        {&greet_script, "an empty store", "[agreed, id, 1]",
         [&] {
           return agree_on_schema("slo", {{"tag", "https://op.example", "main"}}, "id").commands[0];
         }},
        {&greet_script, "a store with a schema", "[agreed, id, 0]",
         [&] {
           run(agree_on_schema("slo", {}, "id"));
           return agree_on_schema("slo", {}, "other").commands[0];
         }},
        {&recognise_script, "a partition without an id", "[0123456789abcdef_-ABCD, 1]",
         [&] { return agree_on_partition_ids("slo", "0123456789abcdef_-ABCD").commands[0]; }},
        {&recognise_script, "a partition with something else", "[0123456789abcdef_-ABCD!, 1]",
         [&] {
           check_request({"SET", id_key("slo", 0), "something else"});
           return agree_on_partition_ids("slo", "0123456789abcdef_-ABCD").commands[0];
         }},
    };
  }

  std::vector<Case> of_deliveries() {
    return {
        {&unbundle_script, "the first of many", "[some, ",
         [&] {
           sign_in(100);
           const auto ended = run(end_session(test_space, {"sid-1"}, leased()));
           return unbundle(test_space, ended->owed.bundles.at(0), {.lease = Millis{60'000}, .count = 16})
               .commands[0];
         }},
        {&claim_script, "what is due", "[[sid-1",
         [&] {
           owed(3);
           let_leases_run_out();
           return claim(test_space, here(), 1, 2, Millis{60'000}, "me").commands[0];
         }},
        {&ack_script, "a delivery", "[1]", [&] { return settling(owed(2).at(0), Delivered{}); }},
        {&nack_script, "an attempt that is tried again", "1",
         [&] {
           return settling(owed(2).at(0), RetryAt{Millis{60'000}, "503"});
         }},
        {&nack_script, "a last attempt", "2", [&] { return settling(owed(2).at(0), Abandon{"404"}); }},
        {&nack_script, "a last attempt where there are many dead letters", "3",
         [&] {
           const auto delivery = owed(2).at(0);
           fill_dead_letters();
           return settling(delivery, Abandon{"404"});
         }},
        {&redrive_script, "a dead letter", "1",
         [&] { return redrive(test_space, dead_letter().id, "me").commands[0]; }},
        {&drop_script, "a dead letter", "1",
         [&] { return drop(test_space, dead_letter().id, "me").commands[0]; }},
        {&drop_script, "a delivery", "1",
         [&] { return drop(test_space, owed(2).at(0).id, "me").commands[0]; }},
    };
  }

  void sign_in_under_own_sids(unsigned clients) {
    for (unsigned i = 0; i < clients; ++i) {
      auto registration = a_lesson("app-" + std::to_string(i));
      registration.client_sid = Sid{"own-" + std::to_string(i)};
      run(register_participation(test_space, registration));
    }
  }
  Command renewing_after_the_end() {
    sign_in_under_own_sids(2);
    run(end_session(test_space, {"sid-1"}, leased()));
    auto renewal = with_pointers();
    renewal.client = {"app-0"};
    renewal.is_renewal = true;
    return registering(renewal);
  }
  Command marking(const std::string& jti) {
    return put_mark(test_space, {Mark::Of::sub, "alice", TimeS{Seconds{5}}},
                    {.retention = Seconds{60}, .jti = jti, .jti_life = Seconds{60}})
        .commands.at(0);
  }

  std::vector<Case> of_the_feed() {
    return {
        {&mark_script, "a logout of an OP", "[0, 0]", [&] { return marking("jti-1"); }, "[2, 0]"},
        {&mark_script, "a logout of an OP without a jti", "[0, 0]", [&] { return marking(""); }, "[1, 0]"},
        {&mark_script, "a logout of somebody in the store", "[0, 1]",
         [&] { return sign_in(1), marking("jti-1"); }, "[2, 1]"},
        {&mark_script, "a logout of an OP that is known", "[2, 0]",
         [&] { return answer_to(marking("jti-1")), marking("jti-1"); }},
        {&mark_script, "a mark that is there", "[1, 0]", [&] { return answer_to(marking("")), marking(""); }},
        {&end_script, "a session of clients with their own sids", "[ended, ",
         [&] {
           sign_in_under_own_sids(3);
           return end_session(test_space, {"sid-1"}, leased()).commands[0];
         }},
        {&unbundle_script, "the first of many with their own sids", "[some, ",
         [&] {
           sign_in_under_own_sids(100);
           const auto ended = run(end_session(test_space, {"sid-1"}, leased()));
           return unbundle(test_space, ended->owed.bundles.at(0), {.lease = Millis{60'000}, .count = 16})
               .commands[0];
         }},
        {&leave_script, "a participation with its own sid", "[left, ",
         [&] {
           sign_in_under_own_sids(2);
           return end_participation(test_space, {"sid-1"}, {"app-1"}, leased()).commands[0];
         }},
        {&register_script, "a client that comes too late with its own sid", "[-1, 1]",
         [&] { return owed(1), registering(with_pointers()); }},
        {&register_script, "a client that renews its tokens too late", "[-1, 0]",
         [&] { return renewing_after_the_end(); }},
    };
  }

  static CookieDigest a_cookie() { return {"0123456789abcdef"}; }
  static CookieOwner an_owner(std::string key, std::string attributes = {}) {
    return {{key}, {key, "alice", std::nullopt}, std::move(attributes)};
  }
  Command owning(const CookieOwner& owner) {
    return own(test_space, owner, {a_cookie()}, Seconds{60}).commands.at(0);
  }
  Command keeping(unsigned from, unsigned upto) {
    std::vector<BoundCookie> cookies;
    for (unsigned i = from; i < upto; ++i) cookies.push_back({"c" + std::to_string(i), a_cookie(), "sealed"});
    return keep_cookies(test_space, {"sid-1"}, {"app:wiki"}, cookies, Seconds{60}).commands.at(0);
  }
  Command forgetting() {
    return forget_cookies(test_space, {"sid-1"}, {"app:wiki"}, {{"c0", a_cookie(), ""}}).commands.at(0);
  }

  std::vector<Case> of_applications() {
    return {
        {&own_script, "a cookie", "sid-1", [&] { return owning(an_owner("sid-1", "path=/")); }},
        {&own_script, "a cookie of another session", "sid-0",
         [&] { return answer_to(owning(an_owner("sid-0"))), owning(an_owner("sid-1")); }},
        {&own_script, "attributes that were not known", "sid-1",
         [&] { return answer_to(owning(an_owner("sid-1"))), owning(an_owner("sid-1", "path=/")); }},
        {&keep_script, "cookies", "1", [&] { return keeping(0, 3); }},
        {&keep_script, "cookies beyond what a session remembers", "1",
         [&] { return answer_to(keeping(0, 60)), keeping(55, 70); }},
        {&forget_script, "cookies", "1", [&] { return answer_to(keeping(0, 3)), forgetting(); }},
        {&end_script, "a session of an application", "[ended, ",
         [&] {
           run(register_participation(test_space, an_application()));
           return end_session(test_space, {"sid-1"}, leased()).commands[0];
         }},
        {&end_script, "a session of an application whose clients are told", "[ended, ",
         [&] {
           run(register_participation(test_space, an_application()));
           auto terms = end_terms();
           terms.caller = "me";
           terms.are_told = true;
           return end_session(test_space, {"sid-1"}, terms).commands[0];
         }},
        {&leave_script, "a participation of an application", "[left, ",
         [&] {
           run(register_participation(test_space, an_application()));
           return end_participation(test_space, {"sid-1"}, {"app:wiki"}, leased()).commands[0];
         }},
        {&register_script, "an application that is opened too late", "[-1, 1]",
         [&] { return owed(1), registering(an_application()); }},
    };
  }
  static Registration an_application() {
    auto opening = a_lesson("app:wiki");
    opening.channels = {.legacy = true};
    return opening;
  }

  // Empty if all is well.
  std::string trouble_with(const Case& one) {
    check_request({"FLUSHALL"});
    const auto command = one.prepare();
    const auto first = answer_to(command);
    const auto after_first = state();
    const auto second = answer_to(command);
    const auto after_second = state();
    if (!first.starts_with(one.first)) return "the first answer is\n" + first;
    const bool is_another = !one.again.empty();
    if (is_another ? !second.starts_with(one.again) : !is_same_but_for_time(first, second))
      return "it answers\n" + first + "\nand then\n" + second;
    if (!is_same_but_for_time(after_first, after_second))
      return "it leaves\n" + after_first + "\nand then\n" + after_second;
    return {};
  }
  std::string trouble_with_any(const std::vector<Case>& cases) {
    std::string troubles;
    for (const auto& one : cases) {
      auto trouble = trouble_with(one);
      // A new second may have begun in between, which shows in what is relative to the session.
      if (!trouble.empty()) trouble = trouble_with(one);
      if (!trouble.empty())
        troubles += std::string(one.script->name) + ", " + one.what + ": " + trouble + "\n";
    }
    return troubles;
  }
};

TEST_F(Scripts, say_and_leave_the_same_when_they_are_repeated) {
  EXPECT_EQ(trouble_with_any(of_sessions()), "");
  EXPECT_EQ(trouble_with_any(of_deliveries()), "");
  EXPECT_EQ(trouble_with_any(of_the_feed()), "");
  EXPECT_EQ(trouble_with_any(of_applications()), "");
}

TEST_F(Scripts, are_all_on_the_list_of_those_that_are_repeated) {
  std::set<std::string_view> repeated, all_names;
  for (const auto& one : of_sessions()) repeated.insert(one.script->name);
  for (const auto& one : of_deliveries()) repeated.insert(one.script->name);
  for (const auto& one : of_the_feed()) repeated.insert(one.script->name);
  for (const auto& one : of_applications()) repeated.insert(one.script->name);
  for (const auto* script : all_scripts()) all_names.insert(script->name);
  EXPECT_EQ(repeated, all_names);
}

TEST(SameButForTime, tells_times_from_other_numbers) {
  EXPECT_TRUE(is_same_but_for_time("a 1764333123 b", "a 1764333125 b"));
  EXPECT_TRUE(is_same_but_for_time("1764333123999", "1764333124001"));
  EXPECT_FALSE(is_same_but_for_time("1764333123", "1764333133"));
  EXPECT_FALSE(is_same_but_for_time("1", "2"));
  EXPECT_FALSE(is_same_but_for_time("a", "ab"));
  EXPECT_FALSE(is_same_but_for_time("1764333123", "1764333123456"));
}

class Callers : public Repeated {};

TEST_F(Callers, are_told_apart) {
  EXPECT_EQ(run(register_participation(test_space, a_lesson(), "me")), Registered::new_session);
  EXPECT_EQ(run(register_participation(test_space, a_lesson(), "other")), Registered::known);
  EXPECT_EQ(run(register_participation(test_space, a_lesson(), "me")), Registered::new_session)
      << "who asked first";
  const auto ended = run(end_session(test_space, {"sid-1"}, leased()));
  let_leases_run_out();
  EXPECT_EQ(run(claim(test_space, 0, partitions, 10, Millis{60'000}, "me")).deliveries.size(), 1u);
  EXPECT_EQ(run(claim(test_space, 0, partitions, 10, Millis{60'000}, "other")), Owed{});
  auto delivery = ended->owed.deliveries.at(0);
  delivery.token = 2;
  EXPECT_EQ(settle_with(delivery, Abandon{"404"}), Settled::dead);
  EXPECT_TRUE(run(redrive(test_space, delivery.id, "me")));
  EXPECT_FALSE(run(redrive(test_space, delivery.id, "other")));
  EXPECT_TRUE(run(drop(test_space, delivery.id, "me")));
  EXPECT_FALSE(run(drop(test_space, delivery.id, "other")));
}

TEST_F(Callers, are_answered_again_however_many_clients_were_just_told) {
  const auto deliveries = owed(20);
  std::vector<Settlement> settlements;
  for (const auto& delivery : deliveries) settlements.push_back({delivery, Delivered{}});
  const std::vector<Settled> all_delivered(20, Settled::delivered);
  EXPECT_EQ(run(settle(test_space, settlements)), all_delivered);
  settlements.resize(7);  // in another batch than before
  EXPECT_EQ(run(settle(test_space, settlements)), std::vector<Settled>(7, Settled::delivered));
  EXPECT_EQ(counter("ok"), 20);
}

TEST_F(Callers, do_not_count_an_attempt_twice) {
  const auto delivery = owed(1).at(0);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(settle_with(delivery, RetryAt{Millis{0}, "503"}), Settled::rescheduled);
  EXPECT_EQ(counter("retry"), 1);
  EXPECT_EQ(claim_all().at(0).attempt, 2u);
}

TEST_F(Callers, leave_nothing_behind_that_stays) {
  const auto deliveries = owed(2);
  settle_with(deliveries.at(0), Delivered{});
  let_leases_run_out();
  run(claim(test_space, 0, partitions, 10, Millis{60'000}, "me"));
  const auto p = partition_of("sid-1");
  const auto done = number({"TTL", done_key(test_space, p)});
  const auto claimed = number({"PTTL", claimed_key(test_space, p, "me")});
  EXPECT_TRUE(done > 0 && done <= 60) << done;
  EXPECT_TRUE(claimed > 0 && claimed <= 60'000) << claimed;
}

}  // namespace slo::redis::repeat_test
