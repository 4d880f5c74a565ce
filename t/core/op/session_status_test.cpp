// SPDX-License-Identifier: BSD-2-Clause
// Whether a browser is still signed in, and which pages may know.
#include "core/op/session_status.h"

#include <gtest/gtest.h>

namespace slo::session_status_test {

const TimeS now{Seconds{1'800'000'000}};

Session a_session(Seconds age) {
  return {.key = {"sid"},
          .created = now - age,
          .absolute = Seconds{3600},
          .idle = Seconds{600},
          .last_seen = age};
}

std::string said_of(std::vector<Session> sessions) {
  Found found;
  for (auto& session : sessions) found.by_cookie.push_back({.session = std::move(session)});
  return session_status_page(found, now).body;
}

TEST(SessionStatus, is_active_with_its_age_and_nothing_else) {
  const Page page = session_status_page({.by_cookie = {{.session = a_session(Seconds{123})}}}, now);
  EXPECT_EQ(page, (Page{.status = 200,
                        .content_type = "application/json",
                        .headers = {{"Cache-Control", "no-store"}},
                        .body = R"({"active":true,"age":123})"}));
}

TEST(SessionStatus, is_inactive_where_the_session_has_ended_or_is_due) {
  const std::string inactive = R"({"active":false})";
  EXPECT_EQ(said_of({}), inactive) << "no cookie, or one that is not known";
  Session ended = a_session(Seconds{5});
  ended.ended = Seconds{3};
  EXPECT_EQ(said_of({ended}), inactive);
  EXPECT_EQ(said_of({a_session(Seconds{3600})}), inactive) << "its life is over, and nobody has swept it yet";
  Session idle = a_session(Seconds{700});
  idle.last_seen = Seconds{100};
  EXPECT_EQ(said_of({idle}), inactive);
  idle.last_seen = Seconds{101};
  EXPECT_EQ(said_of({idle}), R"({"active":true,"age":700})");
  idle.last_seen = Seconds{0};
  idle.idle = Seconds{0};
  EXPECT_EQ(said_of({idle}), R"({"active":true,"age":700})") << "no idle limit";
  EXPECT_EQ(said_of({ended, a_session(Seconds{7})}), R"({"active":true,"age":7})") << "another cookie's";
  EXPECT_EQ(said_of({a_session(Seconds{-7})}), R"({"active":true,"age":0})") << "another host's clock";
}

Provider a_provider() {
  Provider provider{.issuer = {"https://sso.example:8443/realm"}};
  const auto app = std::make_shared<const Client>(
      Client{.id = {"app"},
             .redirect_uris = {"https://app.example/cb", "com.example.app:/cb"},
             .post_logout_redirect_uris = {"https://bye.example:444/"},
             .frontchannel_logout_uri = "https://APP2.example:443/out"});
  const auto list = std::make_shared<ClientList>(std::vector<ClientRef>{app});
  list->note_origins();
  provider.clients.replace(list);
  return provider;
}

bool may_know(StatusAsker asker) { return check_status_asker(a_provider(), asker).has_value(); }

TEST(SessionStatus, is_for_pages_of_clients_of_the_issuer_and_of_this_host) {
  for (const auto* origin : {"https://app.example", "https://bye.example:444", "https://app2.example",
                             "https://sso.example:8443", "https://here.example", "http://here.example"}) {
    EXPECT_TRUE(may_know({.origin = origin, .sec_fetch_site = "cross-site", .host = "here.example"}))
        << origin;
  }
  for (const auto* origin :
       {"https://evil.example", "null", "https://app.example:444", "http://app.example",
        "https://app.example.evil", "com.example.app://", "https://sso.example", "https://"}) {
    EXPECT_FALSE(may_know({.origin = origin, .sec_fetch_site = "same-origin", .host = "here.example"}))
        << origin;
  }
}

TEST(SessionStatus, without_origin_is_for_this_host_alone) {
  for (const auto* site : {"", "same-origin", "none"})
    EXPECT_TRUE(may_know({.sec_fetch_site = site})) << site;
  for (const auto* site : {"cross-site", "same-site", "odd"}) {
    EXPECT_FALSE(may_know({.sec_fetch_site = site})) << site;
  }
  EXPECT_EQ(check_status_asker(a_provider(), {.origin = "null"}).error().fault, Fault::origin_not_registered);
}

TEST(SessionStatus, is_readable_by_the_origin_that_asked) {
  const auto headers = readable_by({}, {.origin = "https://app.example"}).headers;
  EXPECT_EQ(headers, (std::vector<Header>{{"Vary", "Origin"},
                                          {"Access-Control-Allow-Origin", "https://app.example"},
                                          {"Access-Control-Allow-Credentials", "true"}}));
  EXPECT_EQ(readable_by({}, {}).headers, (std::vector<Header>{{"Vary", "Origin"}}));
}

}  // namespace slo::session_status_test
