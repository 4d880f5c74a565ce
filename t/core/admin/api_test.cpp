// SPDX-License-Identifier: BSD-2-Clause
#include "core/admin/api.h"

#include <gtest/gtest.h>

#include "t/core/op/pages.h"
#include "t/harness/builders.h"

namespace slo::administration_test {
namespace {

struct Call {
  std::string_view method = "GET";
  std::string_view path{};
  std::string_view query{};
  std::string_view body{};
  bool may_write = true;
};

Outcome<ApiCommand> read(const Call& call) {
  const Provider provider = a_provider();
  return read_api_command(provider, {.method = call.method,
                                     .path = call.path,
                                     .query = call.query,
                                     .body = call.body,
                                     .content_type = "application/json",
                                     .may_write = call.may_write});
}

template <class T>
T command(const Call& call) {
  return std::get<T>(granted(read(call)));
}

Refusal refusal(const Call& call) {
  auto outcome = read(call);
  return outcome ? Refusal{Fault::internal, "it was not refused"} : std::move(outcome).error();
}
std::optional<Fault> fault_of(const Call& call) {
  const auto outcome = read(call);
  return outcome ? std::nullopt : std::optional(outcome.error().fault);
}

Refusal refused_body(std::string_view body) {
  return refusal({.method = "POST", .path = "/sessions", .body = body});
}

constexpr std::string_view login = R"({"client_id":"app-a","sid":"sid-1","sub":"alice","session_cookie":"c",
  "client_sub":"pairwise","client_sid":"sid-a","absolute":3600,"idle":60})";

}  // namespace

TEST(ApiRequest, registers_a_participation) {
  const Registration expected{.key = SessionKey{"sid-1"},
                              .client = ClientId{"app-a"},
                              .channels = {.back = true},
                              .sub = Subject{"alice"},
                              .cookie = digest_cookie(a_provider().cookie_secret, "c"),
                              .client_sub = Subject{"pairwise"},
                              .client_sid = Sid{"sid-a"},
                              .absolute = Seconds{3600},
                              .idle = Seconds{60}};
  EXPECT_EQ(command<api::Register>({.method = "POST", .path = "/sessions", .body = login}).registration,
            expected);
}

TEST(ApiRequest, registers_with_the_providers_life_times_by_default) {
  const auto registration =
      command<api::Register>(
          {.method = "POST", .path = "/sessions", .body = R"({"client_id":"app-a","sid":"s","sub":"alice"})"})
          .registration;
  EXPECT_EQ(registration.absolute, a_provider().absolute);
  EXPECT_EQ(registration.idle, a_provider().idle);
}

TEST(ApiRequest, says_which_member_of_a_body_is_wrong) {
  const auto invalid = [](std::string detail) { return Refusal{Fault::api_body_invalid, std::move(detail)}; };
  EXPECT_EQ(refused_body(R"({"client_id":7})"), invalid("\"client_id\" must be a string"));
  EXPECT_EQ(refused_body(R"({"client_id":"a","sub":null})"), invalid("\"sub\" must be a string"));
  EXPECT_EQ(refused_body(R"({"sub":"alice"})"), invalid("\"client_id\" is required"));
  EXPECT_EQ(refused_body(R"({"client_id":"app-a"})"), invalid("\"sub\" is required"));
  EXPECT_EQ(refused_body(R"({"absolute":0})"),
            invalid("\"absolute\" must be a whole number of seconds, at least 1"));
  EXPECT_EQ(refused_body(R"({"absolute":1.5})"),
            invalid("\"absolute\" must be a whole number of seconds, at least 1"));
  EXPECT_EQ(refused_body(R"({"idle":-1})"),
            invalid("\"idle\" must be a whole number of seconds, at least 0"));
  EXPECT_EQ(refused_body(R"({"client_no_sid":"yes"})"), invalid("\"client_no_sid\" must be true or false"));
  EXPECT_EQ(refused_body("[]"), invalid("the body must be a JSON object"));
}

TEST(ApiRequest, refuses_a_member_that_nobody_knows) {
  const auto unknown = [](std::string_view member) {
    return refused_body(R"({"client_id":"app-a","sub":"alice","sid":"s",)" + std::string(member) + "}")
        .detail;
  };
  EXPECT_EQ(unknown(R"("absolut":60)"), "\"absolut\" is unknown, did you mean \"absolute\"?");
  EXPECT_EQ(unknown(R"("acr":"2")"), "\"acr\" is unknown");
  EXPECT_EQ(unknown(R"("eyJhbGciOiJ9.secret":1)"), "a member is unknown");
  EXPECT_EQ(refused_body(R"({"client_id":7,"absolut":60})").fault, Fault::api_body_invalid);
}

TEST(ApiRequest, says_where_a_body_is_no_json_without_repeating_it) {
  const Refusal refused = refused_body("{\"sid\":\n\"very-secret\" oops}");
  EXPECT_EQ(refused.fault, Fault::api_body_invalid);
  EXPECT_TRUE(refused.detail.starts_with("2:")) << refused.detail;
  EXPECT_EQ(refused.detail.find("very-secret"), std::string::npos);
  EXPECT_EQ(refused_body(R"({"sub":"a","sub":"b"})").fault, Fault::api_body_invalid);
  EXPECT_EQ(refused_body("").fault, Fault::api_body_invalid);
}

TEST(ApiRequest, passes_on_what_cannot_be_learnt) {
  EXPECT_EQ(refused_body(R"({"client_id":"app-z","sid":"s","sub":"alice"})").fault, Fault::client_unknown);
  EXPECT_EQ(refused_body(R"({"client_id":"app-a","sub":"alice"})").fault, Fault::session_unidentified);
  EXPECT_EQ(refused_body(R"({"client_id":"app-a","sid":"a\nb","sub":"alice"})").fault,
            Fault::api_parameter_invalid);
}

TEST(ApiRequest, reads_percent_encoded_values_in_its_path) {
  EXPECT_EQ(command<api::ShowSession>({.path = "/sessions/a%2Fb%20%25+c"}).key, SessionKey{"a/b %+c"});
  EXPECT_EQ(command<api::EndSession>({.method = "DELETE", .path = "/sessions/%22~%22"}).key,
            SessionKey{"\"~\""});
  const auto one =
      command<api::EndParticipation>({.method = "DELETE", .path = "/sessions/s%2F1/clients/app%2Da"});
  EXPECT_EQ(one.key, SessionKey{"s/1"});
  EXPECT_EQ(one.client, ClientId{"app-a"});
}

TEST(ApiRequest, ends_the_participation_of_a_client_that_is_registered_no_more) {
  EXPECT_EQ(command<api::EndParticipation>({.method = "DELETE", .path = "/sessions/s/clients/app-z"}).client,
            ClientId{"app-z"});
}

TEST(ApiRequest, lists_the_sessions_of_a_subject) {
  const auto first = command<api::ListSessions>({.path = "/sessions", .query = "sub=al%69ce"});
  EXPECT_EQ(first.sub, Subject{"alice"});
  EXPECT_EQ(first.limit, 50U);
  EXPECT_EQ(first.cursor, "");
  const auto next =
      command<api::ListSessions>({.path = "/sessions", .query = "sub=alice&limit=200&cursor=50"});
  EXPECT_EQ(next.limit, 200U);
  EXPECT_EQ(offset_of(next), 50U);
  EXPECT_EQ(next_cursor(next), "250");
  EXPECT_EQ(offset_of(first), 0U);
  EXPECT_EQ(next_cursor(first), "50");
}

TEST(ApiRequest, lists_deliveries_by_state) {
  EXPECT_EQ(command<api::ListDeliveries>({.path = "/deliveries"}).state, DeliveryState::pending);
  EXPECT_EQ(command<api::ListDeliveries>({.path = "/deliveries", .query = "state=pending"}).state,
            DeliveryState::pending);
  EXPECT_EQ(command<api::ListDeliveries>({.path = "/deliveries", .query = "state=dead&limit=1"}).state,
            DeliveryState::dead);
  EXPECT_EQ(command<api::ListDeliveries>({.path = "/deliveries", .query = "state=dead&limit=1"}).limit, 1U);
}

TEST(ApiRequest, refuses_a_list_that_it_cannot_give) {
  const auto wrong = [](std::string_view path, std::string_view query) {
    return refusal({.path = path, .query = query});
  };
  const auto invalid = [](std::string detail) {
    return Refusal{Fault::api_parameter_invalid, std::move(detail)};
  };
  EXPECT_EQ(wrong("/sessions", ""),
            invalid("\"sub\" is required, 1 to 255 bytes of UTF-8 without control characters"));
  EXPECT_EQ(wrong("/sessions", "sub=a&client_id=b"),
            invalid("\"client_id\" cannot select sessions, only \"sub\" can"));
  EXPECT_EQ(wrong("/deliveries", "client_id=b"),
            invalid("\"client_id\" cannot select deliveries, only \"state\" can"));
  EXPECT_EQ(wrong("/deliveries", "state=lost"), invalid("\"state\" must be pending or dead"));
  for (const std::string_view limit : {"limit=0", "limit=201", "limit=-1", "limit=1x", "limit=99999999999"}) {
    EXPECT_EQ(wrong("/deliveries", limit), invalid("\"limit\" must be 1 to 200")) << limit;
  }
  EXPECT_EQ(wrong("/deliveries", "cursor=%01"), invalid("\"cursor\" is none of ours"));
  for (const std::string_view cursor : {"x", "-1", "1.2", "1000001", "99999999999"}) {
    EXPECT_EQ(wrong("/sessions", "sub=a&cursor=" + std::string(cursor)),
              invalid("\"cursor\" is none of ours"))
        << cursor;
  }
  EXPECT_EQ(wrong("/deliveries", "limit=1&limit=2").fault, Fault::parameter_repeated);
}

TEST(ApiRequest, refuses_a_parameter_that_nobody_knows) {
  const auto detail = [](std::string_view path, std::string_view query) {
    return refusal({.path = path, .query = query}).detail;
  };
  EXPECT_EQ(detail("/deliveries", "limt=5"), "\"limt\" is unknown, did you mean \"limit\"?");
  EXPECT_EQ(detail("/sessions", "sub=a&color=red"), "\"color\" is unknown");
  EXPECT_EQ(detail("/clients", "&A%20B=1"), "a parameter is unknown");
  EXPECT_EQ(detail("/clients", "sub=a"), "\"sub\" cannot select clients");
  EXPECT_EQ(fault_of({.path = "/clients", .query = "%zz=1"}), Fault::form_malformed);
}

// Who means to try (dry_run) or to begin elsewhere (cursr) must not find that it was done at once.
TEST(ApiRequest, refuses_parameters_that_nobody_knows_everywhere) {
  const auto detail = [](std::string_view method, std::string_view path, std::string_view query) {
    const Refusal refused = refusal({.method = method, .path = path, .query = query, .body = login});
    return refused.fault == Fault::api_parameter_invalid ? refused.detail : "another fault";
  };
  EXPECT_EQ(detail("DELETE", "/sessions/p", "dry_run=1"), "\"dry_run\" is unknown");
  EXPECT_EQ(detail("DELETE", "/sessions/p/clients/app-a", "x=1"), "\"x\" is unknown");
  EXPECT_EQ(detail("GET", "/sessions/p", "x=1"), "\"x\" is unknown");
  EXPECT_EQ(detail("HEAD", "/sessions/p", "limit=1"), "\"limit\" is unknown");
  EXPECT_EQ(detail("POST", "/sessions", "x=1"), "\"x\" is unknown");
  EXPECT_EQ(detail("GET", "/clients/app-a", "x=1"), "\"x\" is unknown");
  EXPECT_EQ(detail("DELETE", "/deliveries/YQ", "x=1"), "\"x\" is unknown");
  EXPECT_EQ(detail("POST", "/deliveries/YQ/retry", "cursor=1"), "\"cursor\" is unknown");
  EXPECT_EQ(detail("DELETE", "/users/x/sessions", "cursr=3"),
            "\"cursr\" is unknown, did you mean \"cursor\"?");
  EXPECT_EQ(detail("DELETE", "/users/x/sessions", "limit=3"), "\"limit\" is unknown");
  EXPECT_EQ(detail("POST", "/clients/a/retry", "cursr=1"), "\"cursr\" is unknown, did you mean \"cursor\"?");
  EXPECT_EQ(detail("GET", "/sessions", "sub=a&=1"), "a parameter is unknown");
}

TEST(ApiRequest, pages_through_clients) {
  const auto first = command<api::ListClients>({.path = "/clients"});
  EXPECT_EQ(first.limit, 50U);
  EXPECT_EQ(first.after, std::nullopt);
  const auto next = command<api::ListClients>({.path = "/clients", .query = "limit=2&cursor=YXBwLWE"});
  EXPECT_EQ(next.limit, 2U);
  EXPECT_EQ(next.after, ClientId{"app-a"});
  for (const std::string_view query : {"limit=0", "limit=201", "limit=x", "cursor=!", "cursor=YXBwLWE="}) {
    EXPECT_EQ(fault_of({.path = "/clients", .query = query}), Fault::api_parameter_invalid) << query;
  }
}

TEST(ApiRequest, retries_all_dead_letters_of_a_client_that_need_not_be_registered) {
  const auto all = command<api::RetryDeliveriesOf>({.method = "POST", .path = "/clients/gone%2Fapp/retry"});
  EXPECT_EQ(all.client, ClientId{"gone/app"});
  EXPECT_EQ(all.cursor, "");
  const Call more{.method = "POST", .path = "/clients/app-a/retry", .query = "cursor=5.20"};
  EXPECT_EQ(command<api::RetryDeliveriesOf>(more).cursor, "5.20");
  EXPECT_EQ(fault_of({.method = "POST", .path = "/clients/app-a/retry", .may_write = false}),
            Fault::api_read_only);
  EXPECT_EQ(fault_of({.method = "GET", .path = "/clients/app-a/retry"}), Fault::method_not_allowed);
}

TEST(ApiRequest, retries_and_drops_a_delivery_by_its_encoded_id) {
  const std::string id =
      "sid-1\x1f"
      "1\x1f"
      "app-a";
  const std::string path = "/deliveries/" + base64url(id);
  const std::string retry = path + "/retry";
  EXPECT_EQ(command<api::RetryDelivery>({.method = "POST", .path = retry}).id, id);
  EXPECT_EQ(command<api::DropDelivery>({.method = "DELETE", .path = path}).id, id);
  EXPECT_EQ(fault_of({.method = "DELETE", .path = "/deliveries/not!base64"}), Fault::api_not_found);
  EXPECT_EQ(fault_of({.method = "POST", .path = retry, .may_write = false}), Fault::api_read_only);
  EXPECT_EQ(fault_of({.method = "DELETE", .path = path, .may_write = false}), Fault::api_read_only);
}

TEST(ApiRequest, ends_the_sessions_of_a_subject) {
  const auto all = command<api::EndSessionsOf>({.method = "DELETE", .path = "/users/al%2Fice/sessions"});
  EXPECT_EQ(all.sub, Subject{"al/ice"});
  EXPECT_EQ(all.offset, 0U);
  EXPECT_EQ(all.begun_by, std::nullopt);
  const TimeS first_page{Seconds{1'800'000'000}};
  const std::string cursor = next_cursor({.sub = all.sub, .begun_by = first_page});
  EXPECT_EQ(cursor, "50.1800000000");
  const auto next = command<api::EndSessionsOf>(
      {.method = "DELETE", .path = "/users/a/sessions", .query = "cursor=" + cursor});
  EXPECT_EQ(next.offset, 50U);
  EXPECT_EQ(next.begun_by, first_page);
  for (const char* wrong :
       {"x", "50", "50.", ".1", "50.x", "50.1x", "50.-1", "1000001.1", "50.99999999999999999999"}) {
    EXPECT_EQ(
        fault_of({.method = "DELETE", .path = "/users/a/sessions", .query = std::string("cursor=") + wrong}),
        Fault::api_parameter_invalid)
        << wrong;
  }
  EXPECT_EQ(fault_of({.method = "DELETE", .path = "/users/a%01/sessions"}), Fault::api_parameter_invalid);
  EXPECT_EQ(fault_of({.method = "DELETE", .path = "/users/a/sessions", .may_write = false}),
            Fault::api_read_only);
}

TEST(ApiRequest, shows_clients) {
  EXPECT_EQ(command<api::ShowClient>({.path = "/clients/app-a"}).client, ClientId{"app-a"});
  EXPECT_EQ(fault_of({.path = "/clients/app-z"}), Fault::api_not_found);
}

TEST(ApiRequest, knows_no_other_resource) {
  for (const std::string_view path :
       {"", "/", "sessions", "/session", "/sessions/", "/sessions//clients/a", "/sessions/s/clients",
        "/sessions/s/x/a", "/sessions/s/clients/a/b", "/sessions/%zz", "/clients/app-a/", "/users/a"}) {
    EXPECT_EQ(fault_of({.path = path}), Fault::api_not_found) << path;
  }
}

TEST(ApiRequest, refuses_other_methods_and_says_which_there_are) {
  EXPECT_EQ(refusal({.method = "PUT", .path = "/sessions"}),
            (Refusal{Fault::method_not_allowed, "GET, HEAD, POST"}));
  EXPECT_EQ(refusal({.method = "POST", .path = "/sessions/s"}),
            (Refusal{Fault::method_not_allowed, "GET, HEAD, DELETE"}));
  EXPECT_EQ(refusal({.path = "/sessions/s/clients/a"}), (Refusal{Fault::method_not_allowed, "DELETE"}));
}

TEST(ApiRequest, reads_head_like_get) {
  EXPECT_EQ(command<api::ShowSession>({.method = "HEAD", .path = "/sessions/s", .may_write = false}).key,
            SessionKey{"s"});
}

TEST(ApiRequest, changes_nothing_through_a_read_only_api) {
  EXPECT_EQ(fault_of({.method = "POST", .path = "/sessions", .body = login, .may_write = false}),
            Fault::api_read_only);
  EXPECT_EQ(fault_of({.method = "DELETE", .path = "/sessions/s", .may_write = false}), Fault::api_read_only);
  EXPECT_EQ(fault_of({.method = "DELETE", .path = "/sessions/s/clients/a", .may_write = false}),
            Fault::api_read_only);
  EXPECT_EQ(fault_of({.path = "/sessions/s", .may_write = false}), std::nullopt);
}

TEST(ApiRequest, refuses_a_sid_that_cannot_be_one) {
  EXPECT_EQ(refusal({.path = "/sessions/a%01"}),
            (Refusal{Fault::api_parameter_invalid,
                     "\"sid\" must be 1 to 255 bytes of UTF-8 without control characters"}));
}

TEST(ApiPage, says_what_a_registration_changed) {
  const Provider provider = a_provider();
  const Registration registration{.key = SessionKey{"sid-1"}, .client = ClientId{"app-a"}};
  const Page created{.status = 201,
                     .content_type = "application/json",
                     .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
                     .body = R"({"sid":"sid-1","client_id":"app-a","new_session":true,"new_client":true})"};
  EXPECT_EQ(registered_page(provider, registration, Registered::new_session), created);

  const Page joined = registered_page(provider, registration, Registered::new_client);
  EXPECT_EQ(joined.status, 201);
  EXPECT_TRUE(holds(joined, R"("new_session":false,"new_client":true)"));
  const Page known = registered_page(provider, registration, Registered::known);
  EXPECT_EQ(known.status, 200);
  EXPECT_TRUE(holds(known, R"("new_session":false,"new_client":false)"));
}

TEST(ApiPage, answers_409_to_a_login_that_comes_too_late) {
  for (const Registered late : {Registered::too_late, Registered::too_late_known}) {
    EXPECT_EQ(registered_page(a_provider(), {}, late), problem_page({Fault::session_ended}));
  }
  EXPECT_EQ(problem_page({Fault::session_ended}).status, 409);
}

TEST(ApiPage, shows_a_live_session_with_the_names_its_clients_know) {
  Session session = a_session();
  session.idle = Seconds{1800};
  session.last_seen = Seconds{300};
  session.participants.back().sub = Subject{"pairwise"};
  session.participants.back().no_sid = true;
  EXPECT_EQ(
      session_page(a_provider(), session).body,
      R"({"sid":"sid-1","sub":"alice","state":"live","created":1800000000,"last_seen":1800000300,)"
      R"("expires":1800043200,"idle":1800,"participants":[)"
      R"({"client_id":"app-a","sub":"alice","sid":"sid-1","joined":1800000000,"channels":["backchannel"]},)"
      R"({"client_id":"app-b","sub":"pairwise","joined":1800000005,"channels":["frontchannel"]}]})");
}

TEST(ApiPage, shows_when_and_why_a_session_ended) {
  Session session = a_session();
  session.ended = Seconds{600};
  session.reason = "admin";
  session.logout_id = "L1";
  session.participants.clear();
  EXPECT_EQ(session_page(a_provider(), session).body,
            R"({"sid":"sid-1","sub":"alice","state":"ended","created":1800000000,"last_seen":1800000000,)"
            R"("expires":1800043200,"ended":1800000600,"reason":"admin","logout_id":"L1",)"
            R"("participants":[]})");
}

TEST(ApiPage, pages_lists_by_a_cursor) {
  Session session = a_session();
  session.participants.clear();
  const std::string one = session_page(a_provider(), session).body;
  EXPECT_EQ(sessions_page(a_provider(), {session}, "3.50").body,
            "{\"sessions\":[" + one + "],\"next\":\"3.50\"}");
  EXPECT_EQ(sessions_page(a_provider(), {}, "").body, R"({"sessions":[]})");
}

TEST(ApiPage, says_who_will_be_notified_of_an_end) {
  EXPECT_EQ(
      ending_page(a_provider(), {.session = a_session()}, "L1").body,
      R"({"sid":"sid-1","already":false,"notified":["app-a"],"not_notified":["app-b"],"logout_id":"L1"})");
  EXPECT_TRUE(
      holds(ending_page(a_provider(), {.already = true, .session = a_session()}, "L1"), R"("already":true)"));
  EXPECT_EQ(
      ending_page(a_provider(), {.session = a_session(), .lacks_participants = true}, "L1").body,
      R"({"sid":"sid-1","already":false,"notified":["app-a"],"not_notified":["app-b"],"incomplete":true,"logout_id":"L1"})");
  EXPECT_EQ(
      marked_page(SessionKey{"sid-9"}, true, "L1").body,
      R"({"sid":"sid-9","already":true,"registered":false,"notified":[],"not_notified":[],"logout_id":"L1"})");
  EXPECT_EQ(participation_page(a_provider(), ClientId{"app-a"}, "L1").body,
            R"({"client_id":"app-a","notified":true,"logout_id":"L1"})");
  EXPECT_EQ(participation_page(a_provider(), ClientId{"app-b"}, "L1").body,
            R"({"client_id":"app-b","notified":false,"logout_id":"L1"})");
  EXPECT_EQ(participation_page(a_provider(), ClientId{"app-z"}, "L1").body,
            R"({"client_id":"app-z","notified":false,"logout_id":"L1"})");
}

TEST(ApiPage, says_which_sessions_of_a_subject_have_ended_and_whether_there_may_be_more) {
  const Page all = ends_page({SessionKey{"s1"}, SessionKey{"s2"}}, "L1", "");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body, R"({"ended":["s1","s2"],"logout_id":"L1"})");
  const Page some = ends_page({}, "L1", "50");
  EXPECT_EQ(some.status, 202);
  EXPECT_EQ(some.body, R"({"ended":[],"logout_id":"L1","next":"50"})");
}

TEST(ApiPage, says_how_many_dead_letters_of_a_client_were_retried_and_whether_there_may_be_more) {
  const Page all = retries_page(a_provider(), ClientId{"app-a"}, 3, ""),
             some = retries_page(a_provider(), ClientId{"app-a"}, 9, "5.20");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body, R"({"client_id":"app-a","retried":3})");
  EXPECT_EQ(some.status, 202);
  EXPECT_EQ(some.body, R"({"client_id":"app-a","retried":9,"next":"5.20"})");
}

TEST(ApiPage, names_the_logout_that_owes_a_delivery) {
  Delivery delivery = a_delivery();
  delivery.logout_id = "L1";
  for (const Page& page : {retried_page(a_provider(), delivery, {}), dropped_page(a_provider(), delivery),
                           deliveries_page(a_provider(), {{.delivery = delivery}}, "")}) {
    EXPECT_TRUE(holds(page, R"("logout_id":"L1")"));
  }
}

TEST(ApiPage, says_what_was_retried_or_dropped) {
  const TimeMs due = TimeMs{login_time} + std::chrono::minutes{11};
  const Page retried = retried_page(a_provider(), a_delivery(), due);
  EXPECT_EQ(retried.status, 200);
  EXPECT_TRUE(holds(retried, R"("state":"pending")"));
  EXPECT_TRUE(holds(retried, R"("due":1800000660)"));
  EXPECT_EQ(dropped_page(a_provider(), a_delivery()).body,
            R"({"id":"c2lkLTEfMTgwMDAwMDAwMB9hcHAtYQ","sid":"sid-1",)"
            R"("client_id":"app-a","state":"dropped"})");
}

TEST(ApiPage, lists_deliveries_with_their_last_error) {
  const TimeMs due = TimeMs{login_time} + std::chrono::minutes{11} + Millis{999};
  EXPECT_EQ(
      deliveries_page(a_provider(), {{.delivery = a_delivery(), .due = due, .error = "503", .attempts = 1}},
                      "1.2")
          .body,
      R"({"deliveries":[{"id":"c2lkLTEfMTgwMDAwMDAwMB9hcHAtYQ","sid":"sid-1","client_id":"app-a","state":"pending",)"
      R"("reason":"rp","attempts":1,"enqueued":1800000600,"due":1800000660,"error":"503"}],"next":"1.2"})");
  const Page dead = deliveries_page(
      a_provider(), {{.delivery = a_delivery(), .state = DeliveryState::dead, .due = due}}, "");
  EXPECT_TRUE(holds(dead, R"("state":"dead")"));
  EXPECT_TRUE(holds(dead, R"("died":1800000660)"));
  EXPECT_FALSE(holds(dead, "\"next\""));
}

TEST(ApiPage, lists_clients_in_order_and_without_secrets) {
  Provider provider = a_bare_provider();
  for (const auto* id : {"c", "a", "b"}) {
    Client client = a_client(id);
    client.secret = granted(jose::Key::from_secret("a secret of more than thirty-two bytes"));
    enrol(provider, std::move(client));
  }
  const auto ids = [&](const api::ListClients& command) {
    return all_between(clients_page(provider, command).body, "\"client_id\":\"", "\"");
  };
  EXPECT_EQ(ids({}), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_FALSE(holds(clients_page(provider, {}), "\"next\""));
  EXPECT_FALSE(holds(clients_page(provider, {}), "secret"));
  EXPECT_EQ(ids({.limit = 2}), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(holds(clients_page(provider, {.limit = 2}), R"("next":"Yg")"));
  EXPECT_EQ(ids({.limit = 2, .after = ClientId{"b"}}), (std::vector<std::string>{"c"}));
  EXPECT_FALSE(holds(clients_page(provider, {.limit = 1, .after = ClientId{"b"}}), "\"next\""));
  EXPECT_EQ(ids({.after = ClientId{"bb"}}), (std::vector<std::string>{"c"})) << "one that is there no more";
  EXPECT_EQ(clients_page(provider, {.after = ClientId{"c"}}).body, R"({"clients":[]})");
  EXPECT_EQ(client_page(*provider.find(ClientId{"a"})).body,
            dump_json(client_json(*provider.find(ClientId{"a"})).get()));
}

TEST(ApiAudit, names_what_was_changed_and_no_sid_or_subject) {
  EXPECT_EQ(
      audit_line(api::Register{.registration = {.key = SessionKey{"sid-1"}, .client = ClientId{"app-a"}}}),
      "POST session, session #" + fingerprint("sid-1") + ", client \"app-a\"");
  EXPECT_EQ(audit_line(api::Register{.registration = {.client = ClientId{"app-a"}}}),
            "POST session, client \"app-a\"");
  EXPECT_EQ(audit_line(api::EndSession{SessionKey{"sid-1"}}),
            "DELETE session, session #" + fingerprint("sid-1"));
  EXPECT_EQ(audit_line(api::EndParticipation{SessionKey{"sid-1"}, ClientId{"a\n\"b"}}),
            "DELETE participation, session #" + fingerprint("sid-1") + ", client \"a??b\"");
  EXPECT_EQ(audit_line(api::EndSessionsOf{.sub = Subject{"alice"}}),
            "DELETE sessions of a user, subject #" + fingerprint("alice"));
  EXPECT_EQ(audit_line(api::RetryDelivery{"id"}), "POST delivery retry, delivery #" + fingerprint("id"));
  EXPECT_EQ(audit_line(api::RetryDeliveriesOf{{"app-a"}}), "POST retry of dead letters, client \"app-a\"");
  EXPECT_EQ(audit_line(api::DropDelivery{"id"}), "DELETE delivery, delivery #" + fingerprint("id"));
}

TEST(ApiAudit, is_silent_about_what_only_reads) {
  EXPECT_EQ(audit_line(api::ShowSession{SessionKey{"sid-1"}}), std::nullopt);
  EXPECT_EQ(audit_line(api::ListClients{}), std::nullopt);
}

}  // namespace slo::administration_test
