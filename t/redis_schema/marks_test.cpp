// SPDX-License-Identifier: BSD-2-Clause
// Marks of what OPs have ended, against a server: kept, fed and completed once, whatever is said again.
#include "redis_schema/marks.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "redis_schema/feed.h"
#include "t/redis_schema/resp.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::marks_test {

constexpr TimeS noon{Seconds{1'800'000'000}};

Mark of_sid(std::string sid = "sid-1", TimeS at = noon) { return {Mark::Of::sid, std::move(sid), at}; }
Mark of_sub(TimeS at = noon, std::string sub = "alice") { return {Mark::Of::sub, std::move(sub), at}; }

class Marks : public StoreTest {
 protected:
  static MarkTerms terms(std::string jti = {}) {
    return {.retention = Seconds{7200}, .jti = std::move(jti), .jti_life = Seconds{300}};
  }
  MarkAnswer put(const Mark& mark, const std::string& jti = {}) {
    return run(put_mark(test_space, mark, terms(jti)));
  }
  bool try_put(const Mark& mark, const std::string& jti) {
    return is_answered(put_mark(test_space, mark, terms(jti)));
  }
  std::string kept(const Mark& mark) { return text({"GET", mark_key(test_space, mark)}); }
  // What whoever follows reads from the beginning on; `at` of a sid is when it was written, and left out.
  std::vector<Mark> fed(const Space& space = test_space) {
    const FeedPlaces from_the_beginning{};
    std::vector<Mark> marks;
    for (auto& entry : run(read_feed({{&space, &from_the_beginning}}, 1000, Millis{0}))) {
      for (auto& mark : entry.marks) {
        if (mark.of == Mark::Of::sid) mark.at = {};
        marks.push_back(mark);
      }
    }
    return marks;
  }
  long long life_of(const std::string& key) { return number({"PTTL", key}); }
  bool is_about(long long ms, Seconds life) {
    return ms <= Millis{life}.count() && ms > Millis{life}.count() - 10'000;
  }
};

TEST_F(Marks, of_a_sid_are_kept_and_fed) {
  EXPECT_EQ(put(of_sid()), Marked::now);
  EXPECT_EQ(kept(of_sid()), "1800000000");
  EXPECT_EQ(fed(), (std::vector<Mark>{of_sid("sid-1", {})}));
}

TEST_F(Marks, of_a_sub_are_kept_and_fed_with_their_second) {
  EXPECT_EQ(put(of_sub()), Marked::now);
  EXPECT_EQ(kept(of_sub()), "1800000000");
  EXPECT_EQ(fed(), (std::vector<Mark>{of_sub()}));
}

TEST_F(Marks, of_a_sid_and_of_a_sub_of_the_same_name_do_not_meet) {
  EXPECT_EQ(put(of_sid("same"), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sub(noon, "same"), "jti-1"), Marked::now);
  EXPECT_EQ(fed(), (std::vector<Mark>{of_sid("same", {}), of_sub(noon, "same")}));
}

TEST_F(Marks, that_are_there_are_not_fed_again) {
  EXPECT_EQ(put(of_sid()), Marked::now);
  EXPECT_EQ(put(of_sid()), Marked::before);
  EXPECT_EQ(put(of_sid("sid-1", noon + Seconds{60})), Marked::before) << "it has ended for good";
  EXPECT_EQ(kept(of_sid()), "1800000000");
  EXPECT_EQ(put(of_sub()), Marked::now);
  EXPECT_EQ(put(of_sub()), Marked::before);
  EXPECT_EQ(fed().size(), 2u);
}

TEST_F(Marks, of_a_sub_only_grow) {
  EXPECT_EQ(put(of_sub(noon)), Marked::now);
  EXPECT_EQ(put(of_sub(noon - Seconds{1})), Marked::before);
  EXPECT_EQ(kept(of_sub()), "1800000000");
  EXPECT_EQ(put(of_sub(noon + Seconds{1})), Marked::now);
  EXPECT_EQ(kept(of_sub()), "1800000001");
  EXPECT_EQ(put(of_sub(noon)), Marked::before);
  EXPECT_EQ(kept(of_sub()), "1800000001");
  EXPECT_EQ(fed(), (std::vector<Mark>{of_sub(noon), of_sub(noon + Seconds{1})}));
}

TEST_F(Marks, of_a_sub_compare_as_numbers) {
  EXPECT_EQ(put(of_sub(TimeS{Seconds{999'999'999}})), Marked::now);
  EXPECT_EQ(put(of_sub(TimeS{Seconds{1'000'000'000}})), Marked::now) << "has one digit more";
  EXPECT_EQ(kept(of_sub()), "1000000000");
}

TEST_F(Marks, have_no_second_effect_when_their_jti_comes_again) {
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::repeated);
  check_request({"DEL", mark_key(test_space, of_sid())});
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::repeated) << "whatever became of the mark";
  EXPECT_EQ(put(of_sub(noon), "jti-2"), Marked::now);
  EXPECT_EQ(put(of_sub(noon), "jti-2"), Marked::repeated);
  EXPECT_EQ(put(of_sub(noon + Seconds{60}), "jti-2"), Marked::now) << "a later logout, whatever it is called";
  EXPECT_EQ(kept(of_sub()), "1800000060");
  EXPECT_EQ(put(of_sid(), "jti-3"), Marked::now);
  EXPECT_EQ(fed().size(), 4u);
}

// A script that fails half-way is not undone: what says that it is done comes last.
TEST_F(Marks, that_could_not_be_fed_are_not_taken_for_done) {
  check_request({"SET", feed_key(test_space, partition_of(of_sid().value)), "no stream"});
  EXPECT_FALSE(try_put(of_sid(), "jti-1"));
  check_request({"DEL", feed_key(test_space, partition_of(of_sid().value))});
  check_request({"LPUSH", mark_key(test_space, of_sid()), "no string"});
  EXPECT_FALSE(try_put(of_sid(), "jti-1"));
  check_request({"DEL", mark_key(test_space, of_sid())});
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  EXPECT_EQ(fed().size(), 1u);
}

TEST_F(Marks, that_were_there_complete_their_jti) {
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sid(), "jti-2"), Marked::before);
  EXPECT_EQ(put(of_sid(), "jti-2"), Marked::repeated);
}

// In the same partition and in any other: what a jti means must not depend on where values lie.
TEST_F(Marks, are_recorded_under_the_jti_of_another_mark) {
  std::string neighbour = "sid-2";
  for (int i = 3; partition_of(neighbour) != partition_of("sid-1"); ++i)
    neighbour = "sid-" + std::to_string(i);
  std::string stranger = "sid-2";
  for (int i = 3; partition_of(stranger) == partition_of("sid-1"); ++i) stranger = "sid-" + std::to_string(i);
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sid(neighbour), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sid(stranger), "jti-1"), Marked::now);
  EXPECT_EQ(put(of_sid(neighbour), "jti-1"), Marked::repeated);
  EXPECT_EQ(put(of_sid(stranger), "jti-1"), Marked::repeated);
  EXPECT_EQ(fed().size(), 3u);
}

TEST_F(Marks, take_values_and_jtis_of_any_bytes) {
  const std::string bytes("\0\r\n}\xff{\x1f", 7);
  EXPECT_EQ(put(of_sid(bytes), bytes), Marked::now);
  EXPECT_EQ(put(of_sid(bytes), bytes), Marked::repeated);
  EXPECT_EQ(put(of_sub(noon, bytes)), Marked::now);
  EXPECT_EQ(fed(), (std::vector<Mark>{of_sid(bytes, {}), of_sub(noon, bytes)}));
}

TEST(JtiKey, tells_apart_what_looks_alike_when_it_is_put_together) {
  EXPECT_NE(jti_key(test_space, of_sid("a"), "bc"), jti_key(test_space, of_sid("ab"), "c"));
  EXPECT_NE(jti_key(test_space, of_sid("a"), "b"), jti_key(test_space, of_sub(noon, "a"), "b"));
  EXPECT_EQ(jti_key(test_space, of_sid("a"), "b"), jti_key(test_space, of_sid("a", {}), "b"));
  EXPECT_EQ(jti_key(test_space, of_sid("a"), std::string(4096, 'x')).size(),
            jti_key(test_space, of_sid("a"), "").size());
}

TEST_F(Marks, are_kept_for_as_long_as_it_is_said) {
  put(of_sid(), "jti-1");
  EXPECT_TRUE(is_about(life_of(mark_key(test_space, of_sid())), Seconds{7200}));
  EXPECT_TRUE(is_about(life_of(jti_key(test_space, of_sid(), "jti-1")), Seconds{300}));
  EXPECT_TRUE(is_about(life_of(feed_key(test_space, partition_of("sid-1"))), Seconds{7200 + 30 * 86400}));
}

TEST_F(Marks, are_kept_for_a_second_where_nothing_is_said) {
  EXPECT_EQ(run(put_mark(test_space, of_sid(), {.jti = "jti-1"})), Marked::now);
  EXPECT_TRUE(is_about(life_of(mark_key(test_space, of_sid())), Seconds{1}));
  EXPECT_TRUE(is_about(life_of(jti_key(test_space, of_sid(), "jti-1")), Seconds{1}));
}

TEST_F(Marks, shorten_no_life_that_somebody_else_has_given) {
  put(of_sub());
  EXPECT_EQ(run(put_mark(test_space, of_sub(noon + Seconds{1}), {.retention = Seconds{60}})), Marked::now);
  EXPECT_TRUE(is_about(life_of(mark_key(test_space, of_sub())), Seconds{7200}));
  EXPECT_TRUE(is_about(life_of(feed_key(test_space, partition_of("alice"))), Seconds{7200 + 30 * 86400}));
}

TEST_F(Marks, leave_the_feed_of_ended_sessions_its_longer_life) {
  auto registration = a_lesson();
  registration.absolute = Seconds{400LL * 86400};
  run(register_participation(test_space, registration));
  run(end_session(test_space, {"sid-1"}, end_terms()));
  put(of_sid());
  auto other = a_lesson();
  other.key = {"sid-2"};
  for (int i = 3; partition_of(other.key.value) != partition_of("sid-1"); ++i)
    other.key = {"sid-" + std::to_string(i)};
  run(register_participation(test_space, other));
  run(end_session(test_space, other.key, end_terms()));
  EXPECT_TRUE(is_about(life_of(feed_key(test_space, partition_of("sid-1"))), Seconds{430LL * 86400}));
}

TEST_F(Marks, trim_what_the_feed_has_kept_for_long_enough) {
  const auto feed = feed_key(test_space, partition_of("sid-1"));
  for (int i = 1; i <= 1000; ++i)
    check_request({"XADD", feed, std::to_string(i) + "-0", "s", "old-" + std::to_string(i)});
  put(of_sid());
  EXPECT_LT(number({"XLEN", feed}), 200) << "whole nodes of it are gone";
  EXPECT_EQ(fed().back(), of_sid("sid-1", {}));
}

// Whoever receives a logout ends in the store what is there, and asks again until that is done.
TEST_F(Marks, say_each_time_whether_what_they_end_is_in_the_store) {
  EXPECT_EQ(put(of_sid(), "jti-1"), (MarkAnswer{Marked::now, false}));
  EXPECT_EQ(put(of_sub(), "jti-2"), (MarkAnswer{Marked::now, false}));
  auto registration = a_lesson();
  registration.client_sid = Sid{"own-sid"};
  run(register_participation(test_space, registration));
  EXPECT_EQ(put(of_sid(), "jti-1"), (MarkAnswer{Marked::repeated, true}));
  EXPECT_EQ(put(of_sid()), (MarkAnswer{Marked::before, true}));
  EXPECT_EQ(put(of_sid("own-sid"), "jti-3"), (MarkAnswer{Marked::now, true}));
  EXPECT_EQ(put(of_sid("own-sid"), "jti-3"), (MarkAnswer{Marked::repeated, true}));
  EXPECT_EQ(put(of_sub(), "jti-2"), (MarkAnswer{Marked::repeated, true}));
  EXPECT_EQ(put(of_sub(noon + Seconds{1})), (MarkAnswer{Marked::now, true}));
  EXPECT_EQ(put(of_sid("alice")), (MarkAnswer{Marked::now, false})) << "no sid of that name";
  EXPECT_EQ(put(of_sub(noon, "sid-1")), (MarkAnswer{Marked::now, false})) << "nor a subject";
}

TEST_F(Marks, of_two_issuers_do_not_meet) {
  const Space other{.prefix = test_space.prefix, .issuer = "zzzzzz"};
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  EXPECT_EQ(run(put_mark(other, of_sid(), terms("jti-1"))), Marked::now);
  EXPECT_EQ(fed(other), (std::vector<Mark>{of_sid("sid-1", {})}));
}

TEST_F(Marks, are_recorded_although_the_script_must_be_sent_again) {
  put(of_sub(noon));
  check_request({"SCRIPT", "FLUSH"});
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
  check_request({"SCRIPT", "FLUSH"});
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::repeated);
}

// What goes wrong on the way leaves the jti free for the OP's next attempt.
TEST_F(Marks, that_could_not_be_written_leave_no_jti) {
  check_request({"HSET", feed_key(test_space, partition_of("sid-1")), "not", "a stream"});
  EXPECT_EQ(client().run(put_mark(test_space, of_sid(), terms("jti-1"))).error().fault, Fault::store_refused);
  EXPECT_EQ(number({"DBSIZE"}), 1);
  check_request({"FLUSHALL"});
  EXPECT_EQ(put(of_sid(), "jti-1"), Marked::now);
}

TEST(PutMark, refuses_replies_of_another_shape) {
  const auto exchange = put_mark(test_space, of_sid(), {});
  for (const auto* reply :
       {":0\r\n", "*0\r\n", "$-1\r\n", "$1\r\nx\r\n", "*1\r\n:0\r\n", "*2\r\n:3\r\n:0\r\n",
        "*2\r\n:-1\r\n:0\r\n", "*2\r\n:0\r\n:2\r\n", "*2\r\n:0\r\n$-1\r\n", "*3\r\n:0\r\n:0\r\n:0\r\n",
        "*2\r\n:0\r\n:0\r\n:0\r\n", ""})
    EXPECT_FALSE(read_bytes(exchange, reply)) << reply;
  EXPECT_EQ(read_bytes(exchange, "*2\r\n:2\r\n:1\r\n"), (MarkAnswer{Marked::repeated, true}));
  EXPECT_EQ(read_bytes(exchange, "-OOM\r\n").error(), (Refusal{Fault::store_full}));
}

}  // namespace slo::redis::marks_test
