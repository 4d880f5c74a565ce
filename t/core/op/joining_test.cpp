// SPDX-License-Identifier: BSD-2-Clause
// Whose session is it that a cookie leads to, where every client has a sid, and may have a sub, of its own?
#include "core/op/joining.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "t/harness/builders.h"

namespace slo::joining_test {
namespace {

Provider provider_where(std::initializer_list<const char*> pairwise) {
  Provider provider = a_provider();
  for (const char* id : {"app-a", "app-b", "app-c"}) {
    Client client = a_back_client(id);
    for (const char* one : pairwise) client.pairwise = client.pairwise || client.id.value == one;
    enrol(provider, std::move(client));
  }
  return provider;
}

Registration login_of(const char* client, const char* sub) {
  return {.key = {"sid-new"}, .client = {client}, .sub = {sub}};
}

// alice's, begun by the client that was first.
Session session_of(std::initializer_list<Participant> participants) {
  Session session = a_session();
  session.participants = participants;
  return session;
}

Participant knows_as(const char* client, const char* sub) {
  Participant participant = a_participant(client);
  participant.sub = Subject{sub};
  return participant;
}

}  // namespace

TEST(SameUser, is_she_whom_the_client_knows_already) {
  for (const bool is_whole : {false, true}) {
    const auto session = session_of({a_participant("app-a"), knows_as("app-b", "p-b")});
    for (const Provider& provider : {provider_where({}), provider_where({"app-a", "app-b"})}) {
      EXPECT_EQ(is_same_user(provider, login_of("app-a", "alice"), session, is_whole), SameUser::yes);
      EXPECT_EQ(is_same_user(provider, login_of("app-a", "bob"), session, is_whole), SameUser::no);
      EXPECT_EQ(is_same_user(provider, login_of("app-b", "p-b"), session, is_whole), SameUser::yes);
      EXPECT_EQ(is_same_user(provider, login_of("app-b", "alice"), session, is_whole), SameUser::no);
    }
  }
}

TEST(SameUser, is_she_of_the_same_public_sub) {
  const Provider provider = provider_where({});
  const auto session = session_of({a_participant("app-a")});
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "alice"), session, true), SameUser::yes);
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "bob"), session, true), SameUser::no);
  const auto glimpse = session_of({});
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "alice"), glimpse, false), SameUser::yes);
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "bob"), glimpse, false), SameUser::unclear);
}

TEST(SameUser, is_whom_the_cookie_says_where_subs_are_pairwise) {
  const auto session = session_of({a_participant("app-a")});
  const auto login = login_of("app-c", "p-c");
  EXPECT_EQ(is_same_user(provider_where({"app-c"}), login, session, false), SameUser::yes);
  EXPECT_EQ(is_same_user(provider_where({"app-a"}), login, session, false), SameUser::unclear);
  EXPECT_EQ(is_same_user(provider_where({"app-a"}), login, session, true), SameUser::yes);
}

TEST(SameUser, is_compared_with_those_of_public_subs_alone) {
  const Provider provider = provider_where({"app-a"});
  const auto session = session_of({a_participant("app-a"), knows_as("app-b", "ann")});
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "ann"), session, true), SameUser::yes);
  EXPECT_EQ(is_same_user(provider, login_of("app-c", "bob"), session, true), SameUser::no);
}

TEST(Joining, makes_the_sid_of_the_token_the_clients_own) {
  Registration login = login_of("app-c", "alice");
  join(login, {"sid-1"});
  EXPECT_EQ(login.key, SessionKey{"sid-1"});
  EXPECT_EQ(login.client_sid, Sid{"sid-new"});
  Registration same = login_of("app-c", "alice");
  join(same, {"sid-new"});
  EXPECT_EQ(same, login_of("app-c", "alice"));
  Registration without{.client = {"app-c"}, .client_no_sid = true};
  join(without, {"sid-1"});
  EXPECT_EQ(without, (Registration{.key = {"sid-1"}, .client = {"app-c"}, .client_no_sid = true}));
}

TEST(Joining, finds_another_user_of_one_cookie_a_session_of_her_own) {
  EXPECT_EQ(key_of_its_own(login_of("app-c", "bob")), SessionKey{"sid-new"});
  Registration bob{.sub = {"bob"}, .cookie = CookieDigest{"0123456789abcdef"}, .client_no_sid = true};
  Registration eve = bob;
  eve.sub = {"eve"};
  EXPECT_TRUE(is_minted(key_of_its_own(bob)));
  EXPECT_NE(key_of_its_own(bob), mint_key(*bob.cookie));
  EXPECT_NE(key_of_its_own(bob), key_of_its_own(eve));
  EXPECT_EQ(key_of_its_own(bob), key_of_its_own(bob));
}

}  // namespace slo::joining_test
