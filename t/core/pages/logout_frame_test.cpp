// SPDX-License-Identifier: BSD-2-Clause
// Who is told by an iframe, under which address, and what the page's policy allows for it.
#include "core/pages/logout_frame.h"

#include <gtest/gtest.h>

#include "core/text/uri.h"
#include "t/harness/builders.h"

namespace slo::logout_frame_test {
namespace {

Client a_framed_client() {
  Client client;
  client.id = ClientId{"app"};
  client.frontchannel_logout_uri = "https://app.example.com:8443/out?a=1";
  client.frontchannel_logout_frame_origins = {"https://login.example.com"};
  return client;
}

std::optional<LogoutFrame> frame_of(const Client& client, const Participant& participant) {
  return find_logout_frame(a_provider(), client, a_session(), participant);
}

}  // namespace

TEST(LogoutFrame, names_iss_and_sid_behind_the_registered_query) {
  const auto frame = frame_of(a_framed_client(), a_participant("app", {.front = true}));
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->uri, with_query("https://app.example.com:8443/out?a=1",
                                   {{"iss", a_provider().issuer.value}, {"sid", "sid-1"}}));
  EXPECT_EQ(frame->origins,
            (std::vector<std::string>{"https://login.example.com", "https://app.example.com:8443"}));
}

TEST(LogoutFrame, is_for_those_alone_who_are_told_through_the_browser) {
  EXPECT_EQ(frame_of(a_framed_client(), a_participant("app", {.back = true})), std::nullopt);
  Client client = a_framed_client();
  client.frontchannel_logout_uri.clear();
  EXPECT_EQ(frame_of(client, a_participant("app", {.front = true})), std::nullopt);
}

TEST(LogoutFrame, needs_a_sid_where_its_client_does) {
  Client client = a_framed_client();
  Participant without = a_participant("app", {.front = true});
  without.no_sid = true;
  EXPECT_EQ(frame_of(client, without)->uri, client.frontchannel_logout_uri);
  client.frontchannel_logout_session_required = true;
  EXPECT_EQ(frame_of(client, without), std::nullopt);
}

TEST(LogoutFrame, lets_no_host_name_widen_a_policy) {
  Client client = a_framed_client();
  for (const char* uri : {"https://a;b.example/", "https://a,b.example/", "https://*.example/"}) {
    client.frontchannel_logout_uri = uri;
    EXPECT_EQ(frame_of(client, a_participant("app", {.front = true})), std::nullopt) << uri;
  }
}

TEST(LogoutFrame, is_found_for_each_participant_that_is_still_registered) {
  Session session = a_session();
  session.participants.push_back(a_participant("gone", {.front = true}));
  const auto frames = find_logout_frames(a_provider(), session);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames.front(), find_logout_frame(a_provider(), *a_provider().find(ClientId{"app-b"}), session,
                                              *session.find(ClientId{"app-b"})));
}

TEST(LogoutFrame, is_written_as_an_element_and_as_a_policy) {
  EXPECT_EQ(logout_frame_html("https://a.example/?x=1&y=2", " id=\"f\""),
            "<iframe src=\"https://a.example/?x=1&amp;y=2\" id=\"f\" tabindex=\"-1\" title=\"\"></iframe>\n");
  EXPECT_EQ(frame_src_of({"https://b.example", "https://a.example"}),
            "frame-src https://a.example https://b.example; ");
  EXPECT_EQ(frame_src_of({}), "");
}

}  // namespace slo::logout_frame_test
