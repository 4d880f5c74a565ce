// SPDX-License-Identifier: BSD-2-Clause
#include "core/admin/status_page.h"

#include <gtest/gtest.h>

namespace slo::status_page_test {
namespace {

StoreStatus in_store(long long pending, long long dead, StoreCounters counters) {
  return {.backlog = Backlog{.pending = pending, .dead = dead}, .counters = std::move(counters)};
}

StatusReport two_providers() {
  return {.host = {{"logouts_ended", 3}, {"registrations", 18446744073709551615U}},
          .providers = {
              {.name = "main", .circuits_open = 5, .in_store = in_store(2, 1, {{"end:rp", 3}, {"new", 4}})},
              {.name = "other", .in_store = in_store(0, 0, {{"new", 0}})}}};
}

StatusReport refused(Refusal why) {
  return {.host = {{"logouts_ended", 3}},
          .providers = {{.name = "main", .circuits_open = 1}},
          .refusal = std::move(why)};
}

std::string prometheus(const StatusReport& report) {
  return status_page(report, StatusFormat::prometheus).body;
}
std::string json(const StatusReport& report) { return status_page(report, StatusFormat::json).body; }

}  // namespace

TEST(StatusPage, is_text_for_prometheus) {
  EXPECT_EQ(status_page(two_providers(), StatusFormat::prometheus),
            (Page{.status = 200,
                  .content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .headers = {{"Cache-Control", "no-store"}},
                  .body = "# TYPE slo_store_up gauge\n"
                          "slo_store_up 1\n"
                          "# TYPE slo_logouts_ended_total counter\n"
                          "slo_logouts_ended_total 3\n"
                          "# TYPE slo_registrations_total counter\n"
                          "slo_registrations_total 18446744073709551615\n"
                          "# TYPE slo_circuits_open gauge\n"
                          "slo_circuits_open{provider=\"main\"} 5\n"
                          "slo_circuits_open{provider=\"other\"} 0\n"
                          "# TYPE slo_deliveries_pending gauge\n"
                          "slo_deliveries_pending{provider=\"main\"} 2\n"
                          "slo_deliveries_pending{provider=\"other\"} 0\n"
                          "# TYPE slo_deliveries_dead gauge\n"
                          "slo_deliveries_dead{provider=\"main\"} 1\n"
                          "slo_deliveries_dead{provider=\"other\"} 0\n"
                          "# TYPE slo_store_end_rp_total counter\n"
                          "slo_store_end_rp_total{provider=\"main\"} 3\n"
                          "# TYPE slo_store_new_total counter\n"
                          "slo_store_new_total{provider=\"main\"} 4\n"
                          "slo_store_new_total{provider=\"other\"} 0\n"}));
}

TEST(StatusPage, shows_how_the_servers_of_the_store_are) {
  const StatusReport report{
      .servers = {{.name = "10.0.0.1:6379", .gauges = {{"replicas", 2}, {"evicts", 0}}},
                  {.name = "unix:/a\"b\\", .gauges = {{"replicas", {}}, {"evicts", 1}}}}};
  EXPECT_EQ(prometheus(report),
            "# TYPE slo_store_up gauge\n"
            "slo_store_up 1\n"
            "# TYPE slo_store_replicas gauge\n"
            "slo_store_replicas{server=\"10.0.0.1:6379\"} 2\n"
            "# TYPE slo_store_evicts gauge\n"
            "slo_store_evicts{server=\"10.0.0.1:6379\"} 0\n"
            "slo_store_evicts{server=\"unix:/a\\\"b\\\\\"} 1\n");
  EXPECT_EQ(json(report),
            R"({"store_up":true,"host":{},"servers":{"10.0.0.1:6379":{"replicas":2,"evicts":0},)"
            R"("unix:/a\"b\\":{"evicts":1}},"providers":{}})");
}

TEST(StatusPage, is_json_for_others) {
  StatusReport report = two_providers();
  report.host = {{"logouts_ended", 3}, {"registrations", 4}};
  EXPECT_EQ(
      status_page(report, StatusFormat::json),
      (Page{.status = 200,
            .content_type = "application/json",
            .headers = {{"Cache-Control", "no-store"}},
            .body =
                R"({"store_up":true,"host":{"logouts_ended":3,"registrations":4},"providers":{)"
                R"("main":{"deliveries_pending":2,"deliveries_dead":1,"end_rp":3,"new":4,"circuits_open":5},)"
                R"("other":{"deliveries_pending":0,"deliveries_dead":0,"new":0,"circuits_open":0}}})"}));
}

TEST(StatusPage, says_how_old_fetched_keys_are) {
  const StatusReport report{
      .providers = {{.name = "main", .keys = KeyStatus{.keys = 3, .age = Seconds{90}, .is_fetched = true}},
                    {.name = "new", .keys = KeyStatus{}},
                    {.name = "file"}},
      .refusal = Refusal{Fault::store_unreachable}};
  EXPECT_EQ(prometheus(report),
            "# TYPE slo_store_up gauge\n"
            "slo_store_up 0\n"
            "# TYPE slo_circuits_open gauge\n"
            "slo_circuits_open{provider=\"main\"} 0\n"
            "slo_circuits_open{provider=\"new\"} 0\n"
            "slo_circuits_open{provider=\"file\"} 0\n"
            "# TYPE slo_op_keys gauge\n"
            "slo_op_keys{provider=\"main\"} 3\n"
            "slo_op_keys{provider=\"new\"} 0\n"
            "# TYPE slo_op_keys_age_seconds gauge\n"
            "slo_op_keys_age_seconds{provider=\"main\"} 90\n"
            "# TYPE slo_op_keys_fetched gauge\n"
            "slo_op_keys_fetched{provider=\"main\"} 1\n"
            "slo_op_keys_fetched{provider=\"new\"} 0\n");
  EXPECT_EQ(json(report),
            R"({"store_up":false,"host":{},"providers":{)"
            R"("main":{"circuits_open":0,"op_keys":3,"op_keys_age_seconds":90,"op_keys_fetched":true},)"
            R"("new":{"circuits_open":0,"op_keys":0,"op_keys_fetched":false},"file":{"circuits_open":0}}})");
}

TEST(StatusPage, says_what_the_host_knows_while_the_store_is_away) {
  const StatusReport report = refused({Fault::store_unreachable});
  EXPECT_EQ(prometheus(report),
            "# TYPE slo_store_up gauge\n"
            "slo_store_up 0\n"
            "# TYPE slo_logouts_ended_total counter\n"
            "slo_logouts_ended_total 3\n"
            "# TYPE slo_circuits_open gauge\n"
            "slo_circuits_open{provider=\"main\"} 1\n");
  EXPECT_EQ(json(report),
            R"({"store_up":false,"host":{"logouts_ended":3},"providers":{"main":{"circuits_open":1}}})");
}

TEST(StatusPage, knows_no_providers_where_none_are_configured) {
  EXPECT_EQ(prometheus({}), "# TYPE slo_store_up gauge\nslo_store_up 1\n");
  EXPECT_EQ(json({}), R"({"store_up":true,"host":{},"providers":{}})");
}

TEST(StatusPage, says_that_a_store_is_up_which_refuses) {
  for (const auto fault : {Fault::store_refused, Fault::store_part_away, Fault::store_schema_foreign})
    EXPECT_EQ(json(refused({fault})),
              R"({"store_up":true,"host":{"logouts_ended":3},"providers":{"main":{"circuits_open":1}}})");
  for (const auto fault : {Fault::store_timeout, Fault::store_busy, Fault::store_reply_unexpected})
    EXPECT_EQ(json(refused({fault})),
              R"({"store_up":false,"host":{"logouts_ended":3},"providers":{"main":{"circuits_open":1}}})");
}

TEST(StatusPage, leaves_out_what_the_store_refuses_of_one_provider) {
  StatusReport report = two_providers();
  report.host.clear();
  report.providers[0].in_store->backlog = refuse(Fault::store_refused, "NOPERM");
  report.providers[1].in_store->counters = refuse(Fault::store_refused, "NOPERM");
  EXPECT_EQ(
      json(report),
      R"({"store_up":true,"host":{},"providers":{"main":{"circuits_open":5},"other":{"deliveries_pending":0,"deliveries_dead":0,"circuits_open":0}}})");
  EXPECT_EQ(prometheus(report),
            "# TYPE slo_store_up gauge\n"
            "slo_store_up 1\n"
            "# TYPE slo_circuits_open gauge\n"
            "slo_circuits_open{provider=\"main\"} 5\n"
            "slo_circuits_open{provider=\"other\"} 0\n"
            "# TYPE slo_deliveries_pending gauge\n"
            "slo_deliveries_pending{provider=\"other\"} 0\n"
            "# TYPE slo_deliveries_dead gauge\n"
            "slo_deliveries_dead{provider=\"other\"} 0\n");
}

TEST(StatusPage, trusts_no_store_that_answers_what_nobody_understands) {
  StatusReport report = two_providers();
  report.host.clear();
  report.providers[0].in_store->counters = refuse(Fault::store_reply_unexpected, "HGETALL");
  EXPECT_EQ(
      json(report),
      R"({"store_up":false,"host":{},"providers":{"main":{"deliveries_pending":2,"deliveries_dead":1,"circuits_open":5},)"
      R"("other":{"deliveries_pending":0,"deliveries_dead":0,"new":0,"circuits_open":0}}})");
}

}  // namespace slo::status_page_test
