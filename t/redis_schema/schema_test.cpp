// SPDX-License-Identifier: BSD-2-Clause
// What host and store agree on, against a server.
#include "redis_schema/schema.h"

#include <gtest/gtest.h>

#include "t/redis_schema/store_fixture.h"

namespace slo::redis::schema_test {

const std::vector<Tenant> tenants{{"tag-a", "https://a.example", "a"}, {"tag-b", "https://b.example", "b"}};

class Schema : public StoreTest {
 protected:
  Agreement agree(const std::string& id) { return run(agree_on_schema("slo", tenants, id)); }
  Refusal refused() {
    const auto outcome = client().run(agree_on_schema("slo", tenants, "mine"));
    EXPECT_FALSE(outcome);
    return outcome ? Refusal{Fault::internal} : outcome.error();
  }
};

TEST_F(Schema, is_written_once_and_then_agreed_on) {
  EXPECT_EQ(agree("mine"), (Agreement{.store_id = "mine", .fresh = true}));
  EXPECT_EQ(agree("another"), (Agreement{.store_id = "mine", .fresh = false}));
  EXPECT_EQ(text({"HGET", schema_key("slo"), "v"}), "2");
  EXPECT_EQ(text({"HGET", schema_key("slo"), "P"}), "64");
  EXPECT_EQ(run(agree_on_schema("other", {}, "new")).fresh, true) << "another prefix is another store";
}

TEST_F(Schema, is_written_again_into_a_store_that_was_emptied) {
  agree("mine");
  check_request({"FLUSHALL"});
  EXPECT_EQ(agree("another"), (Agreement{.store_id = "another", .fresh = true}));
}

TEST_F(Schema, of_another_version_is_refused_with_a_remedy_and_left_alone) {
  check_request({"HSET", schema_key("slo"), "v", "1", "P", "64"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_schema_foreign,
                                "version 1, of an earlier release: run slo-migrate-store (\"Upgrading the "
                                "store\" in the manual), or use another prefix"}));
  check_request({"HSET", schema_key("slo"), "v", "1to2"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_schema_foreign,
                                "version 1, whose migration is not finished: run slo-migrate-store again"}));
  check_request({"HSET", schema_key("slo"), "v", "3"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_schema_foreign, "version 3"}));
  check_request({"HSET", schema_key("slo"), "v", "2", "P", "16"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_schema_foreign, "16 partitions"}));
  EXPECT_EQ(number({"DBSIZE"}), 1);
  EXPECT_EQ(number({"HLEN", schema_key("slo")}), 2);
}

TEST_F(Schema, knows_the_issuer_behind_every_tag) {
  agree("mine");
  EXPECT_EQ(text({"HGET", issuers_key("slo"), "tag-a"}), "https://a.example");
  EXPECT_EQ(text({"HGET", issuers_key("slo"), "tag-b"}), "https://b.example");
}

TEST_F(Schema, names_the_tags_that_are_another_issuers_and_leaves_them_alone) {
  check_request({"HSET", issuers_key("slo"), "tag-b", "https://mallory.example"});
  EXPECT_EQ(agree("mine"), (Agreement{.store_id = "mine", .fresh = true, .foreign = {"tag-b"}}));
  EXPECT_EQ(text({"HGET", issuers_key("slo"), "tag-a"}), "https://a.example");
  EXPECT_EQ(text({"HGET", issuers_key("slo"), "tag-b"}), "https://mallory.example");
  EXPECT_EQ(
      peer_mismatch_behind("tag-b", tenants),
      "the issuer of provider \"b\" has the same tag there as another issuer; give one of them a prefix of "
      "its own");
}

TEST_F(Schema, of_a_server_that_takes_no_writes_is_not_agreed_on) {
  agree("mine");
  check_request({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_refused, "READONLY"}));
  check_request({"REPLICAOF", "NO", "ONE"});
  check_request({"CONFIG", "SET", "min-replicas-to-write", "1"});
  EXPECT_EQ(refused(), (Refusal{Fault::store_refused, "NOREPLICAS"}));
  check_request({"CONFIG", "SET", "min-replicas-to-write", "0"});
  EXPECT_EQ(agree("another").store_id, "mine");
}

}  // namespace slo::redis::schema_test
