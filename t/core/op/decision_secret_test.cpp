// SPDX-License-Identifier: BSD-2-Clause
// A client that signs its hints with its own secret cannot name other people's sessions.
#include <gtest/gtest.h>

#include "core/op/end_session.h"
#include "t/core/op/hint_tokens.h"

namespace slo::decision_secret_test {
namespace {

CheckedRequest with_hint_of(const Provider& provider, std::string_view sub) {
  const ClientRef client = provider.find(ClientId{"app-a"});
  return {.hint = Hint{.client = client, .sub = Subject{std::string(sub)}, .sid = Sid{"sid-1"}},
          .client = client};
}

Provider signing_with_secrets() {
  Provider provider = a_provider();
  for (const auto* id : {"app-a", "app-b"})
    client_of(provider, id).id_token_signed_response_alg = jose::Algorithm::HS256;
  return provider;
}

Session without_app_a() {
  Session session = a_session();
  std::erase_if(session.participants, [](const auto& one) { return one.client == ClientId{"app-a"}; });
  return session;
}

std::optional<SessionKey> asked_about(const Provider& provider, const CheckedRequest& checked,
                                      const Session& session) {
  const Decision decision = decide(provider, checked, {.by_sid = session}, a_moment());
  const auto* question = std::get_if<AskUser>(&decision);
  return question == nullptr ? std::nullopt : question->ticket.session;
}

}  // namespace

TEST(DecideSecret, asks_nobody_about_a_session_that_the_client_takes_no_part_in) {
  const Provider provider = signing_with_secrets();
  EXPECT_EQ(asked_about(provider, with_hint_of(provider, "alice"), without_app_a()), std::nullopt);
  EXPECT_EQ(asked_about(provider, with_hint_of(provider, "mallory"), a_session()), std::nullopt);
}

TEST(DecideSecret, asks_where_the_op_has_signed_the_sid) {
  const Provider provider = a_provider();
  EXPECT_EQ(asked_about(provider, with_hint_of(provider, "alice"), without_app_a()), SessionKey{"sid-1"});
}

TEST(DecideSecret, asks_about_the_browsers_own_session_all_the_same) {
  const Provider provider = signing_with_secrets();
  const Found found{.by_cookie = {{CookieDigest{"known"}, without_app_a()}}, .by_sid = without_app_a()};
  const Decision decision = decide(provider, with_hint_of(provider, "alice"), found, a_moment());
  ASSERT_TRUE(std::holds_alternative<AskUser>(decision));
  EXPECT_EQ(std::get<AskUser>(decision).ticket.session, SessionKey{"sid-1"});
}

}  // namespace slo::decision_secret_test
