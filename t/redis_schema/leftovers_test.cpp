// SPDX-License-Identifier: BSD-2-Clause
// What nobody serves any more goes by itself, what is owed does not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redis_schema/bound_cookies.h"
#include "redis_schema/marks.h"
#include "redis_schema/sessions.h"
#include "t/redis_schema/store_fixture.h"

namespace slo::redis::leftovers_test {

class Leftovers : public StoreTest {};

TEST_F(Leftovers, of_an_issuer_that_nobody_serves_any_more_go_by_themselves) {
  for (const auto* sid : {"ended", "left", "live", "nacked", "dead"}) {
    auto registration = a_lesson();
    registration.key = {sid};
    registration.cookie = CookieDigest{std::string("0123456789abcde") + sid[0]};
    run(register_participation(test_space, registration));
  }
  auto terms = end_terms(Millis{60'000});
  terms.caller = "me";
  run(end_session(test_space, {"ended"}, terms));
  run(end_participation(test_space, {"left"}, {"app-a"}, terms));
  const auto nacked = run(end_session(test_space, {"nacked"}, terms))->owed.deliveries.at(0);
  settle_with(nacked, RetryAt{Millis{0}, "503"});
  run(claim(test_space, 0, partitions, 10, Millis{60'000}, "me"));
  settle_with(run(end_session(test_space, {"dead"}, terms))->owed.deliveries.at(0), Abandon{"404"});
  const MarkTerms mark_terms{.retention = Seconds{3600}, .jti = "jti-1", .jti_life = Seconds{60}};
  run(put_mark(test_space, {Mark::Of::sub, "alice", TimeS{Seconds{5}}}, mark_terms));
  const CookieDigest cookie{"0123456789abcdef"};
  run(own(test_space, {{"live"}, {"live", "alice", std::nullopt}, ""}, {cookie}, Seconds{60}));
  run(keep_cookies(test_space, {"live"}, {"app:wiki"}, {{"a", cookie, "sealed"}}, Seconds{60}));
  const auto reply = check_request({"KEYS", "*"});
  const Reply keys(reply.get());
  ASSERT_GT(keys.size(), 22u);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string key(*keys[i].text());
    if (key.ends_with(":m")) continue;  // counters: 64 small hashes, however long it was served
    EXPECT_GT(number({"TTL", key}), 0) << key;
  }
}

TEST_F(Leftovers, are_not_what_still_lives_or_is_owed) {
  auto longer = a_lesson();
  longer.absolute = Seconds{400LL * 86400};
  run(register_participation(test_space, longer));
  run(register_participation(test_space, a_lesson("app-b")));
  const auto month = 30 * 86400, day = 86400;
  const auto p = partition_of("sid-1");
  for (const auto& key : {session_key(test_space, {"sid-1"}), expiry_key(test_space, p)})
    EXPECT_GT(number({"TTL", key}), 430LL * day - 60) << key;
  run(end_session(test_space, {"sid-1"}, end_terms()));
  for (const auto& key : {queue_key(test_space, p), records_key(test_space, p)})
    EXPECT_GT(number({"TTL", key}), month - 60) << key;
}

}  // namespace slo::redis::leftovers_test
