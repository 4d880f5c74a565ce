// SPDX-License-Identifier: BSD-2-Clause
// The API shows applications by their names, apart from clients, and what is remembered of them without
// values.
#include <gtest/gtest.h>

#include "core/admin/api.h"
#include "t/harness/builders.h"

namespace slo::api_applications_test {

const std::string long_name = "intranet.example/" + std::string(60, 'a');

Provider provider_in_front() {
  Provider provider = a_provider();
  for (const std::string& name : {std::string("wiki.example/logout"), long_name})
    provider.applications.push_back({.name = name, .id = application_id(name)});
  provider.applications[0].target = "/logout";
  return provider;
}

Session opened_session() {
  Session session = a_session();
  session.participants = {a_participant("app-a")};
  session.participants.push_back(a_participant("app:wiki.example/logout", {.legacy = true}, Seconds{7}));
  session.participants.push_back(a_participant(application_id(long_name).value, {}, Seconds{9}));
  return session;
}

std::vector<RememberedCookie> remembered() {
  const ClientId wiki = application_id("wiki.example/logout");
  return {{.application = wiki, .name = "JSESSIONID"}, {.application = wiki, .name = "route"}};
}

Delivery owed() {
  Delivery delivery = a_delivery();
  delivery.client = application_id(long_name);
  return delivery;
}

bool holds(const Page& page, std::string_view text) { return page.body.find(text) != std::string::npos; }

TEST(ApiApplications, stand_apart_from_clients_with_the_names_of_their_cookies) {
  EXPECT_EQ(
      session_page(provider_in_front(), opened_session(), remembered()).body,
      R"({"sid":"sid-1","sub":"alice","state":"live","created":1800000000,"last_seen":1800000000,)"
      R"("expires":1800043200,"participants":[)"
      R"({"client_id":"app-a","sub":"alice","sid":"sid-1","joined":1800000000,"channels":["backchannel"]}],)"
      R"("applications":[{"name":"wiki.example/logout","joined":1800000007,"cookies":["JSESSIONID","route"]},)"
      R"({"name":")" +
          long_name + R"(","joined":1800000009,"cookies":[]}]})");
}

TEST(ApiApplications, are_in_lists_without_cookies_where_nobody_looked_for_any) {
  const Provider provider = provider_in_front();
  const std::string with = session_page(provider, opened_session(), remembered()).body;
  const Page page = sessions_page(provider, {opened_session(), opened_session()}, "", {remembered()});
  EXPECT_TRUE(page.body.starts_with("{\"sessions\":[" + with + ","));
  EXPECT_TRUE(page.body.ends_with(R"({"name":"wiki.example/logout","joined":1800000007},{"name":")" +
                                  long_name + R"(","joined":1800000009}]}]})"));
}

TEST(ApiApplications, are_named_by_their_ids_where_they_are_not_configured) {
  EXPECT_TRUE(holds(session_page(a_provider(), opened_session()),
                    R"("applications":[{"name":"wiki.example/logout")"));
}

TEST(ApiApplications, are_told_from_those_that_are_not_called_when_a_session_ends) {
  EXPECT_EQ(ending_page(provider_in_front(), {.session = opened_session()}, "L1").body,
            R"({"sid":"sid-1","already":false,"notified":["app-a"],"not_notified":[],)"
            R"("applications_called":["wiki.example/logout"],"applications_not_called":[")" +
                long_name + R"("],"logout_id":"L1"})");
  EXPECT_EQ(participation_page(provider_in_front(), application_id("wiki.example/logout"), "L1").body,
            R"({"application":"wiki.example/logout","notified":true,"logout_id":"L1"})");
  EXPECT_TRUE(
      holds(participation_page(provider_in_front(), application_id(long_name), "L1"), R"("notified":false)"));
  EXPECT_TRUE(holds(participation_page(a_provider(), application_id("gone"), "L1"), R"("notified":false)"));
}

TEST(ApiApplications, are_named_in_place_of_a_client_by_their_deliveries) {
  const Provider provider = provider_in_front();
  const std::string named = R"("application":")" + long_name + '"';
  for (const Page& page : {retried_page(provider, owed(), {}), dropped_page(provider, owed()),
                           deliveries_page(provider, {{.delivery = owed()}}, ""),
                           retries_page(provider, owed().client, 3, "")}) {
    EXPECT_TRUE(holds(page, named)) << page.body;
    EXPECT_FALSE(holds(page, "client_id")) << page.body;
  }
}

TEST(ApiApplications, are_addressed_by_their_names) {
  const auto command = [](std::string_view method, std::string_view path) {
    return granted(read_api_command(
        a_provider(),
        {.method = method, .path = path, .content_type = "application/json", .may_write = true}));
  };
  const auto ending = command("DELETE", "/sessions/sid-1/applications/wiki.example%2Flogout");
  EXPECT_EQ(std::get<api::EndParticipation>(ending).client, application_id("wiki.example/logout"));
  EXPECT_EQ(std::get<api::EndParticipation>(ending).key, SessionKey{"sid-1"});
  const auto retry = command("POST", "/applications/" + std::string(70, 'a') + "/retry");
  EXPECT_EQ(std::get<api::RetryDeliveriesOf>(retry).client, application_id(std::string(70, 'a')));
}

}  // namespace slo::api_applications_test
