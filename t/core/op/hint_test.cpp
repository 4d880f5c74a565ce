// SPDX-License-Identifier: BSD-2-Clause
#include "core/op/hint.h"
#include "core/provider/encrypted_token.h"
#include "core/text/base64url.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "t/core/op/hint_tokens.h"

namespace slo::hint_test {
namespace {

using jose::Algorithm;

// The fault of a refused hint; nothing for an accepted one.
std::optional<Fault> fault_of(const Provider& provider, std::string_view token,
                              const std::optional<std::string>& client_id = {},
                              const Moment& moment = a_moment()) {
  const auto hint = verify_hint(provider, token, client_id, moment);
  return hint ? std::nullopt : std::optional(hint.error().fault);
}

std::optional<Fault> fault_of_claims(std::string_view changes,
                                     const std::optional<std::string>& client_id = {}) {
  const Provider provider = a_provider();
  return fault_of(provider, a_hint(provider, changes), client_id);
}

std::string client_named_by(std::string_view changes, const std::optional<std::string>& client_id = {}) {
  const Provider provider = a_provider();
  return granted(verify_hint(provider, a_hint(provider, changes), client_id, a_moment())).client->id.value;
}

std::string at_seconds(const char* claim, std::string_view seconds) {
  return "{\"" + std::string(claim) + "\":" + std::string(seconds) + "}";
}
std::string at_login_plus(const char* claim, long long seconds) {
  return at_seconds(claim, std::to_string(login_time.time_since_epoch().count() + seconds));
}

Provider a_provider_of_hmac_client() {
  Provider provider = a_provider();
  Client client = a_client("app-h");
  client.id_token_signed_response_alg = Algorithm::HS256;
  client.secret = granted(jose::Key::from_secret("a secret of more than thirty-two bytes"));
  enrol(provider, std::move(client));
  return provider;
}

std::string encrypted(const jose::Key& key, std::string_view plaintext) {
  const Json header{json_object()};
  return granted(jose::encrypt(key, "RSA-OAEP", "A256GCM", header.get(), plaintext));
}

}  // namespace

TEST(Hint, says_which_client_subject_and_sid_it_was_issued_to) {
  const Provider provider = a_provider();
  const Hint hint = granted(verify_hint(provider, a_hint(provider), {}, a_moment()));
  EXPECT_EQ(hint.client, provider.find(ClientId{"app-a"}));
  EXPECT_EQ(hint.sub, Subject{"alice"});
  EXPECT_EQ(hint.sid, Sid{"sid-1"});
  EXPECT_FALSE(hint.expired);
}

TEST(Hint, may_have_no_sid) {
  const Provider provider = a_provider();
  EXPECT_EQ(granted(verify_hint(provider, a_hint(provider, R"({"sid":null})"), {}, a_moment())).sid,
            std::nullopt);
}

TEST(Hint, ignores_claims_it_does_not_know) {
  EXPECT_EQ(fault_of_claims(R"({"nonce":"n","auth_time":1,"acr":"x","strange":{"a":[1]}})"), std::nullopt);
}

TEST(Hint, is_verified_by_a_retired_key_that_is_still_published) {
  Provider provider = a_provider();
  jose::Key retired = a_key(test_keys::other_rsa_2048);
  const std::string token = a_hint_signed_by(retired, Algorithm::RS256);
  EXPECT_EQ(fault_of(provider, token), Fault::token_key_unknown);
  provider.keys.add(std::move(retired));
  EXPECT_EQ(fault_of(provider, token), std::nullopt);
}

TEST(Hint, is_refused_when_altered) {
  const Provider provider = a_provider();
  const std::string token = a_hint(provider);
  const std::string other = a_hint(provider, R"({"sub":"mallory"})");
  const std::string grafted = token.substr(0, token.find('.')) +
                              other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
                              token.substr(token.rfind('.'));
  EXPECT_EQ(fault_of(provider, grafted), Fault::token_signature_invalid);
}

TEST(Hint, is_refused_without_a_signature) {
  const Provider provider = a_provider();
  const std::string none = base64url(R"({"alg":"none"})") + "." + base64url(id_token_claims()) + ".";
  EXPECT_TRUE(fault_of(provider, none).has_value());
}

TEST(Hint, is_refused_when_it_is_no_token) {
  const Provider provider = a_provider();
  EXPECT_EQ(fault_of(provider, "x"), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, "a.b.c"), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, std::string(jose::max_token + 1, 'a')), Fault::token_too_large);
}

TEST(Hint, is_refused_with_another_algorithm_than_its_client_registered) {
  Provider provider = a_provider();
  jose::Key curve = a_key(test_keys::p256);
  const std::string token = a_hint_signed_by(curve, Algorithm::ES256);
  provider.keys.add(std::move(curve));
  EXPECT_EQ(fault_of(provider, token), Fault::token_algorithm_refused);
  client_of(provider, "app-a").id_token_signed_response_alg = Algorithm::ES256;
  EXPECT_EQ(fault_of(provider, token), std::nullopt);
  EXPECT_EQ(fault_of(provider, a_hint(provider)), Fault::token_algorithm_refused);
}

TEST(Hint, is_verified_by_the_clients_own_secret_where_registered_so) {
  const Provider provider = a_provider_of_hmac_client();
  const auto right = granted(jose::Key::from_secret("a secret of more than thirty-two bytes"));
  const auto wrong = granted(jose::Key::from_secret("another secret of more than thirty-two"));
  constexpr std::string_view for_app_h = R"({"aud":"app-h"})";
  EXPECT_EQ(fault_of(provider, a_hint_signed_by(right, Algorithm::HS256, "{}", for_app_h)), std::nullopt);
  EXPECT_EQ(fault_of(provider, a_hint_signed_by(wrong, Algorithm::HS256, "{}", for_app_h)),
            Fault::token_signature_invalid);
  EXPECT_EQ(fault_of(provider, a_hint_signed_by(right, Algorithm::HS256, "{}", R"({"aud":"app-a"})")),
            Fault::token_algorithm_refused);
}

TEST(Hint, of_a_client_without_secret_is_never_verified_by_a_public_key) {
  Provider provider = a_provider_of_hmac_client();
  client_of(provider, "app-h").secret.reset();
  const Json published = provider.signing_keys.front().public_jwk();
  const auto forged_with = granted(jose::Key::from_secret(dump_json(published.get())));
  const std::string token = a_hint_signed_by(forged_with, Algorithm::HS256, "{}", R"({"aud":"app-h"})");
  EXPECT_EQ(fault_of(provider, token), Fault::token_key_unknown);
}

TEST(Hint, is_verified_by_a_key_that_signs_no_more) {
  Provider provider = a_provider();
  std::swap(provider.shown_keys, provider.signing_keys);
  EXPECT_EQ(fault_of(provider, a_hint_signed_by(provider.shown_keys.front(), Algorithm::RS256, "{}")),
            std::nullopt);
}

TEST(Hint, is_refused_when_its_type_says_it_is_something_else) {
  const Provider provider = a_provider();
  const auto fault_of_typ = [&](std::string_view header) {
    return fault_of(provider, a_hint_signed_by(provider.signing_keys.front(), Algorithm::RS256, header));
  };
  for (const std::string_view fine :
       {R"({})", R"({"typ":"JWT"})", R"({"typ":"jwt"})", R"({"typ":"application/JWT"})"}) {
    EXPECT_EQ(fault_of_typ(fine), std::nullopt) << fine;
  }
  for (const std::string_view wrong :
       {R"({"typ":"logout+jwt"})", R"({"typ":"at+jwt"})", R"({"typ":"application/at+jwt"})",
        R"({"typ":"id+jwt"})", R"({"typ":""})", R"({"typ":7})"}) {
    EXPECT_EQ(fault_of_typ(wrong), Fault::token_type_wrong) << wrong;
  }
}

TEST(Hint, is_refused_when_it_is_a_logout_token) {
  EXPECT_EQ(fault_of_claims(R"({"events":{"http://schemas.openid.net/event/backchannel-logout":{}}})"),
            Fault::token_not_id_token);
  EXPECT_EQ(fault_of_claims(R"({"events":7})"), Fault::token_not_id_token);
}

TEST(Hint, is_refused_from_another_issuer) {
  for (const std::string_view issuer :
       {R"({"iss":"https://sso.example.com/"})", R"({"iss":"https://SSO.example.com"})",
        R"({"iss":"https://sso.example.org"})", R"({"iss":null})", R"({"iss":["x"]})"}) {
    EXPECT_EQ(fault_of_claims(issuer), Fault::token_issuer_foreign) << issuer;
  }
}

TEST(Hint, names_its_client_by_a_single_audience) {
  EXPECT_EQ(client_named_by(R"({"aud":"app-b"})"), "app-b");
  EXPECT_EQ(client_named_by(R"({"aud":["app-b"]})"), "app-b");
  EXPECT_EQ(client_named_by(R"({"aud":["app-b"]})", "app-a"), "app-b");
}

TEST(Hint, names_its_client_among_several_audiences_by_azp_or_else_by_client_id) {
  EXPECT_EQ(client_named_by(R"({"aud":["app-a","app-b"],"azp":"app-b"})"), "app-b");
  EXPECT_EQ(client_named_by(R"({"aud":["app-a","app-b"],"azp":"app-b"})", "app-a"), "app-b");
  EXPECT_EQ(client_named_by(R"({"aud":["app-a","app-b"]})", "app-a"), "app-a");
}

TEST(Hint, is_refused_when_it_does_not_name_one_client) {
  EXPECT_EQ(fault_of_claims(R"({"aud":["app-a","app-b"]})"), Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":["app-a","api"]})", "app-b"), Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":["app-a","api"],"azp":"app-b"})", "app-a"),
            Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":[]})"), Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":["app-a",1]})"), Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":null})", "app-a"), Fault::token_audience_ambiguous);
  EXPECT_EQ(fault_of_claims(R"({"aud":{"app-a":1}})", "app-a"), Fault::token_audience_ambiguous);
}

TEST(Hint, is_refused_when_its_client_is_registered_no_more) {
  EXPECT_EQ(fault_of_claims(R"({"aud":"app-z"})"), Fault::client_unknown);
}

TEST(Hint, is_refused_without_a_storable_subject) {
  for (const std::string_view sub :
       {R"({"sub":null})", R"({"sub":""})", R"({"sub":7})", R"({"sub":"a\nb"})"}) {
    EXPECT_EQ(fault_of_claims(sub), Fault::token_claims_invalid) << sub;
  }
}

TEST(Hint, is_refused_with_a_sid_that_cannot_be_one) {
  for (const std::string_view sid :
       {R"({"sid":""})", R"({"sid":7})", R"({"sid":["sid-1"]})", R"({"sid":"a\u0001"})"}) {
    EXPECT_EQ(fault_of_claims(sid), Fault::token_claims_invalid) << sid;
  }
}

// a_moment() is 600 seconds after login_time, the leeway 60 seconds.
TEST(Hint, is_refused_when_issued_in_the_future_beyond_the_leeway) {
  EXPECT_EQ(fault_of_claims(at_login_plus("iat", 660)), std::nullopt);
  EXPECT_EQ(fault_of_claims(at_login_plus("iat", 661)), Fault::token_from_future);
}

TEST(Hint, may_have_dates_with_fractions) {
  EXPECT_EQ(fault_of_claims(at_seconds("iat", "1800000000.75")), std::nullopt);
  EXPECT_EQ(fault_of_claims(at_seconds("iat", "1800000660.5")), Fault::token_from_future);
}

TEST(Hint, is_refused_without_proper_dates) {
  for (const std::string_view dates : {R"({"iat":null})", R"({"iat":"1800000000"})", R"({"iat":true})",
                                       R"({"exp":null})", R"({"exp":"1800003600"})"}) {
    EXPECT_EQ(fault_of_claims(dates), Fault::token_claims_invalid) << dates;
  }
}

TEST(Hint, may_have_expired) {
  const Provider provider = a_provider();
  const auto expired_at = [&](long long seconds_after_login) {
    const std::string token = a_hint(provider, at_login_plus("exp", seconds_after_login));
    return granted(verify_hint(provider, token, {}, a_moment())).expired;
  };
  EXPECT_TRUE(expired_at(540));
  EXPECT_FALSE(expired_at(541));
}

TEST(Hint, is_refused_when_expired_where_the_operator_wants_so) {
  Provider provider = a_provider();
  provider.hint.accept_expired = false;
  EXPECT_EQ(fault_of(provider, a_hint(provider, at_login_plus("exp", 540))), Fault::token_expired);
  EXPECT_EQ(fault_of(provider, a_hint(provider, at_login_plus("exp", 541))), std::nullopt);
}

TEST(Hint, is_refused_when_it_is_older_than_the_operator_allows) {
  Provider provider = a_provider();
  provider.hint.max_age = Seconds{1000};
  const std::string token = a_hint(provider);
  EXPECT_EQ(fault_of(provider, token, {}, a_moment(Seconds{460})), std::nullopt);
  EXPECT_EQ(fault_of(provider, token, {}, a_moment(Seconds{461})), Fault::token_too_old);
  provider.hint.max_age = Seconds{0};
  EXPECT_EQ(fault_of(provider, token, {}, a_moment(std::chrono::hours{24 * 365})), std::nullopt);
}

TEST(Hint, may_be_encrypted_to_the_provider) {
  Provider provider = a_provider();
  const std::string token = encrypted(a_key(test_keys::other_rsa_2048), a_hint(provider));
  EXPECT_EQ(fault_of(provider, token), Fault::token_undecryptable);
  provider.decryption_keys.push_back(a_key(test_keys::client_rsa_2048));
  EXPECT_EQ(fault_of(provider, token), Fault::token_undecryptable);
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  EXPECT_EQ(fault_of(provider, token), std::nullopt);
}

TEST(Hint, is_opened_apart_from_its_verification) {
  Provider provider = a_provider();
  const std::string plain = a_hint(provider);
  const jose::Key key = a_key(test_keys::other_rsa_2048);
  const std::string token = encrypted(key, plain);
  EXPECT_EQ(check_encrypted(provider, token).error().fault, Fault::token_undecryptable);
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  EXPECT_TRUE(check_encrypted(provider, token));
  EXPECT_EQ(open_encrypted(provider, token), plain);
  EXPECT_EQ(open_encrypted(provider, encrypted(key, token)).error(),
            (Refusal{Fault::token_malformed, "encrypted twice"}));
}

TEST(Hint, is_checked_inside_its_encryption_as_outside) {
  Provider provider = a_provider();
  const jose::Key key = a_key(test_keys::other_rsa_2048);
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  EXPECT_EQ(fault_of(provider, encrypted(key, id_token_claims())), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, encrypted(key, a_hint(provider, R"({"iss":"x"})"))),
            Fault::token_issuer_foreign);
  EXPECT_EQ(fault_of(provider, encrypted(key, encrypted(key, a_hint(provider)))), Fault::token_malformed);
}

}  // namespace slo::hint_test
