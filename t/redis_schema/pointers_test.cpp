// SPDX-License-Identifier: BSD-2-Clause
// Cookies and sids point to the newest live session, and no late word moves them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redis_schema/sessions.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::pointers_test {

class Pointers : public StoreTest {
 protected:
  static Registration a_login(const std::string& sid) {
    auto registration = a_lesson();
    registration.key = {sid};
    registration.cookie = CookieDigest{"0123456789abcdef"};
    registration.client_sid = Sid{"own-sid"};
    return registration;
  }
  std::vector<std::string> pointed_to() {
    return {text({"GET", cookie_key(test_space, {"0123456789abcdef"})}),
            text({"GET", alias_key(test_space, {"own-sid"})})};
  }
};

TEST_F(Pointers, follow_the_newest_login) {
  log_in(a_login("old"));
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"old", "old"}));
  log_in(a_login("new"));
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"new", "new"}));
}

TEST_F(Pointers, are_not_moved_by_who_comes_too_late_for_his_session) {
  log_in(a_login("over"));
  run(end_session(test_space, {"over"}, end_terms()));
  log_in(a_login("live"));
  auto late = a_login("over");
  late.client = {"late"};
  EXPECT_EQ(log_in(late), Registered::too_late);
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"live", "live"}));
  EXPECT_EQ(log_in(late), Registered::too_late_known);
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"live", "live"}));
}

TEST_F(Pointers, are_not_moved_back_to_a_session_that_a_newer_one_has_superseded) {
  log_in(a_login("old"));
  let_pass(Seconds{10}, "old");
  log_in(a_login("new"));
  auto late = a_login("old");
  late.client = {"late"};
  EXPECT_EQ(log_in(late), Registered::new_client);
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"new", "new"}));
}

TEST_F(Pointers, are_taken_from_a_session_that_is_over_or_gone) {
  for (const bool is_gone : {true, false}) {
    check_request({"FLUSHALL"});
    auto plain = a_login("mine");
    plain.cookie.reset();
    plain.client_sid.reset();
    log_in(plain);
    let_pass(Seconds{10}, "mine");
    log_in(a_login("other"));
    run(end_session(test_space, {"other"}, end_terms()));
    if (is_gone) check_request({"DEL", session_key(test_space, {"other"})});
    EXPECT_EQ(log_in(a_login("mine")), Registered::known);
    EXPECT_EQ(pointed_to(), (std::vector<std::string>{"mine", "mine"})) << is_gone;
  }
}

TEST_F(Pointers, are_not_taken_from_a_third_one_that_came_in_between) {
  log_in(a_login("first"));
  const auto mine = run(register_participation(test_space, a_login("second")));
  EXPECT_EQ(mine.rivals, (std::vector<Rival>{{true, {"first"}}, {false, {"first"}}}));
  log_in(a_login("third"));
  run(take_pointers(test_space, a_login("second"), mine.rivals));
  EXPECT_EQ(pointed_to(), (std::vector<std::string>{"third", "third"}));
}

}  // namespace slo::redis::pointers_test
