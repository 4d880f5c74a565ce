// SPDX-License-Identifier: BSD-2-Clause
// A participation becomes a registration, and nothing is invented on the way.
#include "core/participation/participation.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::learning_test {

// app-a and app-b as ever; "strict" has both channels and requires a sid on each.
Provider the_provider() {
  Provider provider = a_provider();
  Client strict = a_front_client("strict");
  strict.backchannel_logout_uri = "https://strict.example.com/backchannel";
  strict.backchannel_logout_session_required = true;
  enrol(provider, std::move(strict));
  return provider;
}

Registration read_from(const Participation& participation) {
  auto registration = read_registration(the_provider(), participation);
  EXPECT_TRUE(registration) << registration.error().detail;
  return registration ? *registration : Registration{};
}

Refusal refused(const Participation& participation) {
  auto registration = read_registration(the_provider(), participation);
  EXPECT_FALSE(registration);
  return registration ? Refusal{Fault::internal} : registration.error();
}

// What app-a's participation in alice's session teaches.
Registration the_registration() {
  return {.key = SessionKey{"sid-1"},
          .client = ClientId{"app-a"},
          .channels = {.back = true},
          .sub = Subject{"alice"},
          .absolute = Seconds{12 * 3600}};
}

TEST(Learning, takes_session_client_and_the_providers_limits) {
  EXPECT_EQ(read_from({.client_id = "app-a", .sid = "sid-1", .sub = "alice"}), the_registration());
}

TEST(Learning, keeps_only_the_digest_of_the_session_cookie) {
  Registration expected = the_registration();
  expected.cookie = digest_cookie(a_provider().cookie_secret, "c00kie");
  EXPECT_EQ(read_from({.client_id = "app-a", .sid = "sid-1", .sub = "alice", .session_cookie = "c00kie"}),
            expected);
}

TEST(Learning, keeps_a_clients_own_sub_and_sid_only_where_they_differ) {
  EXPECT_EQ(read_from({.client_id = "app-a",
                       .sid = "sid-1",
                       .sub = "alice",
                       .client_sub = "alice",
                       .client_sid = "sid-1"}),
            the_registration());
  Registration pairwise = the_registration();
  pairwise.client_sub = Subject{"pairwise"};
  pairwise.client_sid = Sid{"its own"};
  EXPECT_EQ(read_from({.client_id = "app-a",
                       .sid = "sid-1",
                       .sub = "alice",
                       .client_sub = "pairwise",
                       .client_sid = "its own"}),
            pairwise);
}

TEST(Learning, takes_limits_of_its_own) {
  Registration expected = the_registration();
  expected.absolute = Seconds{60};
  expected.idle = Seconds{0};
  EXPECT_EQ(read_from({.client_id = "app-a",
                       .sid = "sid-1",
                       .sub = "alice",
                       .absolute = Seconds{60},
                       .idle = Seconds{0}}),
            expected);
}

TEST(Learning, refuses_limits_beyond_one_second_and_400_days) {
  const auto limits = [](Seconds absolute, Seconds idle) {
    return Participation{
        .client_id = "app-a", .sid = "sid-1", .sub = "alice", .absolute = absolute, .idle = idle};
  };
  const Seconds longest = std::chrono::days{400};
  EXPECT_EQ(read_from(limits(longest, longest)).absolute, longest);
  EXPECT_EQ(read_from(limits(Seconds{1}, Seconds{1})).idle, Seconds{1});
  const Refusal absolute{Fault::api_parameter_invalid, "\"absolute\" must be 1 second to 400 days"};
  EXPECT_EQ(refused(limits(Seconds{-1}, Seconds{0})), absolute);
  EXPECT_EQ(refused(limits(longest + Seconds{1}, Seconds{0})), absolute);
  const Refusal idle{Fault::api_parameter_invalid, "\"idle\" must be 0 (no limit) to 400 days"};
  EXPECT_EQ(refused(limits(Seconds{60}, Seconds{-2})), idle);
  EXPECT_EQ(refused(limits(Seconds{60}, longest + Seconds{1})), idle);
}

TEST(Learning, identifies_a_session_without_sid_by_its_cookie) {
  const Registration registration =
      read_from({.client_id = "app-a", .sub = "alice", .session_cookie = "c00kie"});
  EXPECT_EQ(registration.key, SessionKey{});
  EXPECT_TRUE(registration.client_no_sid);
  EXPECT_EQ(registration.channels, Channels{.back = true});
}

TEST(Learning, refuses_a_session_with_neither) {
  EXPECT_EQ(refused({.client_id = "app-a", .sub = "alice"}).fault, Fault::session_unidentified);
  EXPECT_EQ(refused({.client_id = "app-a", .sub = "alice", .client_sid = "x"}).fault,
            Fault::session_unidentified);
}

TEST(Learning, tells_a_client_that_requires_a_sid_only_where_it_has_one) {
  const Channels both{.back = true, .front = true};
  EXPECT_EQ(read_from({.client_id = "strict", .sid = "sid-1", .sub = "alice"}).channels, both);
  EXPECT_EQ(
      read_from({.client_id = "strict", .sub = "alice", .session_cookie = "c", .client_sid = "x"}).channels,
      both);
  EXPECT_EQ(read_from({.client_id = "strict", .sub = "alice", .session_cookie = "c"}).channels, Channels{});
  EXPECT_EQ(
      read_from({.client_id = "strict", .sid = "sid-1", .sub = "alice", .client_no_sid = true}).channels,
      Channels{});
  EXPECT_EQ(read_from({.client_id = "app-b", .sub = "alice", .session_cookie = "c"}).channels, Channels{});
}

TEST(Learning, believes_a_registration_that_says_there_was_no_sid) {
  Registration expected = the_registration();
  expected.client_no_sid = true;
  EXPECT_EQ(read_from({.client_id = "app-a", .sid = "sid-1", .sub = "alice", .client_no_sid = true}),
            expected);
  EXPECT_EQ(
      refused(
          {.client_id = "app-a", .sid = "sid-1", .sub = "alice", .client_sid = "x", .client_no_sid = true}),
      (Refusal{Fault::api_parameter_invalid,
               "\"client_sid\" must be absent where \"client_no_sid\" is set"}));
}

TEST(Learning, takes_a_key_that_we_minted_for_no_sid) {
  const std::string minted = "~AAcOFRwjKjE4P0ZNVFtiaQ";
  const Registration registration = read_from({.client_id = "app-a", .sid = minted, .sub = "alice"});
  EXPECT_EQ(registration.key, SessionKey{minted});
  EXPECT_TRUE(registration.client_no_sid);
}

TEST(Learning, refuses_unknown_clients) {
  EXPECT_EQ(refused({.client_id = "app-x", .sid = "sid-1", .sub = "alice"}),
            (Refusal{Fault::client_unknown, "client \"app-x\""}));
  EXPECT_EQ(refused({.client_id = "a\nb", .sid = "sid-1", .sub = "alice"}),
            (Refusal{Fault::client_unknown, "client #" + fingerprint("a\nb")}));
}

TEST(Learning, takes_clients_with_long_names) {
  const std::string id(200, 'x');
  Provider provider = a_bare_provider();
  enrol(provider, a_back_client(id));
  const auto registration = read_registration(provider, {.client_id = id, .sid = "sid-1", .sub = "alice"});
  ASSERT_TRUE(registration);
  EXPECT_EQ(registration->client, ClientId{id});
}

TEST(Learning, refuses_what_cannot_be_stored_and_never_repeats_it) {
  const std::string longest(255, 'x');
  const std::string too_long(256, 'x');
  const auto sentence = [](const char* name) {
    return Refusal{
        Fault::api_parameter_invalid,
        "\"" + std::string(name) + "\" must be 1 to 255 bytes of UTF-8 without control characters"};
  };
  EXPECT_EQ(read_from({.client_id = "app-a", .sid = longest, .sub = longest}).key, SessionKey{longest});
  EXPECT_EQ(refused({.client_id = "app-a", .sid = too_long, .sub = "alice"}), sentence("sid"));
  EXPECT_EQ(refused({.client_id = "app-a", .sid = "s\n", .sub = "alice"}), sentence("sid"));
  EXPECT_EQ(refused({.client_id = "app-a", .sid = "s", .sub = too_long}), sentence("sub"));
  EXPECT_EQ(refused({.client_id = "app-a", .sid = "s", .sub = "a", .client_sub = "\x1f"}),
            sentence("client_sub"));
  EXPECT_EQ(refused({.client_id = "app-a", .sid = "s", .sub = "a", .client_sid = "\x01"}),
            sentence("client_sid"));
  EXPECT_EQ(refused({.client_id = "app-a", .sid = "s"}),
            (Refusal{Fault::api_parameter_invalid, "\"sub\" is missing"}));
}

}  // namespace slo::learning_test
