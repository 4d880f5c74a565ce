// SPDX-License-Identifier: BSD-2-Clause
// A logout token ends what it names only if every rule of Back-Channel Logout 1.0, 2.6 holds.
#include "core/rp/received_logout.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/text/base64url.h"
#include "t/core/rp/logout_tokens.h"

namespace slo::received_logout_test {
namespace {

using jose::Algorithm;

constexpr std::string_view secret = "a shared secret of more than thirty-two bytes";

std::optional<Refusal> refusal_of(const Provider& provider, std::string_view token,
                                  const Moment& moment = a_moment()) {
  const auto logout = check_logout_token(provider, token, moment);
  return logout ? std::nullopt : std::optional(logout.error());
}

std::optional<Fault> fault_of(const Provider& provider, std::string_view token) {
  const auto refusal = refusal_of(provider, token);
  return refusal ? std::optional(refusal->fault) : std::nullopt;
}

std::optional<Fault> fault_of_claims(std::string_view changes) {
  return fault_of(a_relying_provider(), a_logout_token(changes));
}

ReceivedLogout received(std::string_view changes, const Provider& provider = a_relying_provider()) {
  return granted(check_logout_token(provider, a_logout_token(changes), a_moment()));
}

// `{"iat":…,"exp":…}`, seconds from now.
std::string dates(long long issued, long long expires) {
  const long long now = a_moment().seconds().time_since_epoch().count();
  return "{\"iat\":" + std::to_string(now + issued) + ",\"exp\":" + std::to_string(now + expires) + "}";
}
std::string issued_without_exp(long long issued) {
  const long long now = a_moment().seconds().time_since_epoch().count();
  return "{\"exp\":null,\"iat\":" + std::to_string(now + issued) + "}";
}

Mark of_sid(std::string_view sid) {
  return {.of = Mark::Of::sid, .value = std::string(sid), .at = a_moment().seconds()};
}
Mark of_sub(std::string_view sub, TimeS at) {
  return {.of = Mark::Of::sub, .value = std::string(sub), .at = at};
}

std::string sealed(const jose::Key& key, std::string_view plaintext, std::string_view header = "{}") {
  return granted(jose::encrypt(key, "RSA-OAEP", "A256GCM", granted(parse_json(header)).get(), plaintext));
}

Provider a_provider_that_decrypts() {
  Provider provider = a_relying_provider();
  provider.decryption_keys.push_back(a_key(test_keys::other_rsa_2048));
  return provider;
}

}  // namespace

TEST(ReceivedLogout, ends_the_session_of_its_sid_from_now_on) {
  EXPECT_EQ(received("{}"),
            (ReceivedLogout{.mark = of_sid("sid-1"), .jti = "jti-1", .jti_life = Seconds{180}}));
  EXPECT_EQ(received(R"({"sub":null})").mark, of_sid("sid-1"));
  EXPECT_EQ(received(dates(-30, 90)).mark, of_sid("sid-1")) << "whenever it was issued";
}

TEST(ReceivedLogout, without_a_sid_ends_what_its_user_began_up_to_its_iat) {
  EXPECT_EQ(received(R"({"sid":null})"),
            (ReceivedLogout{
                .mark = of_sub("alice", a_moment().seconds()), .jti = "jti-1", .jti_life = Seconds{180}}));
  EXPECT_EQ(received(R"({"sid":null,"iat":1800000590.75})").mark,
            of_sub("alice", TimeS{Seconds{1'800'000'590}}));
}

TEST(ReceivedLogout, ignores_claims_and_events_it_does_not_know) {
  EXPECT_EQ(fault_of_claims(R"({"ignored_claim":{"a":[1]},"auth_time":1,"typ":"Logout","nbf":"x"})"),
            std::nullopt);
  EXPECT_EQ(
      fault_of_claims(
          R"({"events":{"x":7,"http://schemas.openid.net/event/backchannel-logout":{"more":"of it"}}})"),
      std::nullopt);
}

TEST(ReceivedLogout, is_refused_when_altered) {
  const std::string token = a_logout_token(), other = a_logout_token(R"({"sid":"sid-2"})");
  const std::string grafted = token.substr(0, token.find('.')) +
                              other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
                              token.substr(token.rfind('.'));
  EXPECT_EQ(fault_of(a_relying_provider(), grafted), Fault::token_signature_invalid);
}

TEST(ReceivedLogout, is_refused_without_a_signature) {
  const std::string none = base64url(R"({"alg":"none"})") + "." + base64url(logout_claims()) + ".";
  EXPECT_EQ(fault_of(a_relying_provider(), none), Fault::token_algorithm_refused);
}

TEST(ReceivedLogout, is_refused_when_it_is_no_token) {
  const Provider provider = a_relying_provider();
  EXPECT_EQ(fault_of(provider, ""), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, "a.b.c"), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, std::string(jose::max_token + 1, 'a')), Fault::token_too_large);
}

TEST(ReceivedLogout, is_refused_with_a_critical_header_or_a_member_twice) {
  const Provider provider = a_relying_provider();
  EXPECT_EQ(fault_of(provider, a_logout_token("{}", R"({"crit":["exp"]})")), Fault::token_critical_header);
  const auto twice = [&](std::string_view payload) {
    return fault_of(provider, a_signed_logout(a_key(), Algorithm::RS256, "{}", payload));
  };
  EXPECT_EQ(twice(R"({"iss":"https://sso.example.com","iss":"https://sso.example.com"})"),
            Fault::token_duplicate_member);
}

TEST(ReceivedLogout, is_refused_when_its_type_is_another_tokens) {
  const auto fault_of_type = [](std::string_view header, bool strict) {
    Provider provider = a_relying_provider();
    provider.strict_typ = strict;
    return fault_of(provider, a_logout_token("{}", header));
  };
  for (const std::string_view plain :
       {R"({})", R"({"typ":"JWT"})", R"({"typ":"jwt"})", R"({"typ":"application/JWT"})"}) {
    EXPECT_EQ(fault_of_type(plain, false), std::nullopt) << plain;
    EXPECT_EQ(fault_of_type(plain, true), Fault::token_type_wrong) << plain;
  }
  for (const std::string_view own :
       {R"({"typ":"logout+jwt"})", R"({"typ":"LOGOUT+JWT"})", R"({"typ":"application/logout+jwt"})"}) {
    EXPECT_EQ(fault_of_type(own, false), std::nullopt) << own;
    EXPECT_EQ(fault_of_type(own, true), std::nullopt) << own;
  }
  for (const std::string_view other : {R"({"typ":"at+jwt"})", R"({"typ":"secevent+jwt"})", R"({"typ":""})",
                                       R"({"typ":7})", R"({"typ":null})"}) {
    EXPECT_EQ(fault_of_type(other, false), Fault::token_type_wrong) << other;
    EXPECT_EQ(fault_of_type(other, true), Fault::token_type_wrong) << other;
  }
}

// The conformance suite's surprise: a key that the right OP publishes, and a signature that holds.
TEST(ReceivedLogout, is_refused_with_another_algorithm_than_is_configured) {
  Provider provider = a_relying_provider();
  provider.keys.add(a_key(test_keys::p256));
  const auto signed_by = [](const jose::Key& key, Algorithm algorithm) {
    return a_signed_logout(key, algorithm, "{}", logout_claims());
  };
  const std::string by_curve = signed_by(a_key(test_keys::p256), Algorithm::ES256);
  EXPECT_EQ(fault_of(provider, by_curve), Fault::token_algorithm_refused);
  EXPECT_EQ(fault_of(provider, signed_by(a_key(), Algorithm::PS256)), Fault::token_algorithm_refused);
  EXPECT_EQ(fault_of(provider, signed_by(a_key(), Algorithm::RS512)), Fault::token_algorithm_refused);
  provider.op_algorithm = Algorithm::ES256;
  EXPECT_EQ(fault_of(provider, by_curve), std::nullopt);
  EXPECT_EQ(fault_of(provider, a_logout_token()), Fault::token_algorithm_refused);
}

TEST(ReceivedLogout, is_verified_by_the_client_secret_where_configured_so) {
  Provider provider = a_relying_provider();
  const auto signed_with = [](std::string_view text) {
    return a_signed_logout(granted(jose::Key::from_secret(text)), Algorithm::HS256, "{}", logout_claims());
  };
  provider.client_secret = granted(jose::Key::from_secret(secret));
  EXPECT_EQ(fault_of(provider, signed_with(secret)), Fault::token_algorithm_refused) << "RS256 is configured";
  provider.op_algorithm = Algorithm::HS256;
  EXPECT_EQ(fault_of(provider, signed_with(secret)), std::nullopt);
  EXPECT_EQ(fault_of(provider, signed_with("another secret of more than thirty-two bytes")),
            Fault::token_signature_invalid);
  EXPECT_EQ(fault_of(provider, a_logout_token()), Fault::token_algorithm_refused);
}

TEST(ReceivedLogout, is_never_verified_by_a_public_key_as_a_secret) {
  Provider provider = a_relying_provider();
  provider.op_algorithm = Algorithm::HS256;
  const auto forger = granted(jose::Key::from_secret(dump_json(provider.keys.keys()[0].public_jwk().get())));
  const std::string forged = a_signed_logout(forger, Algorithm::HS256, "{}", logout_claims());
  EXPECT_EQ(fault_of(provider, forged), Fault::token_key_unknown);
  provider.op_algorithm = Algorithm::RS256;
  EXPECT_EQ(fault_of(provider, forged), Fault::token_algorithm_refused);
}

TEST(ReceivedLogout, is_verified_by_a_fetched_key) {
  Provider provider = a_relying_provider();
  jose::KeySet fetched;
  provider.keys_from = KeysFrom::discovery;
  provider.keys = {};
  provider.fetched_keys = &fetched;
  EXPECT_EQ(fault_of(provider, a_logout_token()), Fault::token_key_unknown);
  fetched.add(a_key());
  EXPECT_EQ(fault_of(provider, a_logout_token()), std::nullopt);
}

TEST(ReceivedLogout, is_verified_by_our_own_keys_only_where_the_op_signs_with_them) {
  Provider provider = a_relying_provider();
  provider.keys = {};
  provider.signing_keys.push_back(a_key());
  EXPECT_EQ(fault_of(provider, a_logout_token()), Fault::token_key_unknown);
  provider.keys_from = KeysFrom::nowhere;
  EXPECT_EQ(fault_of(provider, a_logout_token()), std::nullopt);
  std::swap(provider.signing_keys, provider.shown_keys);
  EXPECT_EQ(fault_of(provider, a_logout_token()), std::nullopt);
}

TEST(ReceivedLogout, is_refused_with_a_kid_that_nobody_knows_and_obeys_no_key_of_its_own) {
  const Provider provider = a_relying_provider();
  const jose::Key stranger = a_key(test_keys::other_rsa_2048);
  EXPECT_EQ(fault_of(provider, a_signed_logout(stranger, Algorithm::RS256, "{}", logout_claims())),
            Fault::token_key_unknown);
  const Json header{json_object()};
  json_object_set_new(header.get(), "jwk", stranger.public_jwk().release());
  json_object_set_new(header.get(), "jku", json_string("https://mallory.example/jwks"));
  jose::Key nameless = a_key(test_keys::other_rsa_2048);
  nameless.publish_as({jose::PublishedName{}});
  EXPECT_EQ(fault_of(provider,
                     a_signed_logout(nameless, Algorithm::RS256, dump_json(header.get()), logout_claims())),
            Fault::token_signature_invalid);
}

TEST(ReceivedLogout, is_refused_from_another_issuer) {
  for (const std::string_view issuer :
       {R"({"iss":"https://sso.example.com/"})", R"({"iss":"https://SSO.example.com"})",
        R"({"iss":"https://sso.example.org"})", R"({"iss":null})",
        R"({"iss":["https://sso.example.com"]})"}) {
    EXPECT_EQ(fault_of_claims(issuer), Fault::token_issuer_foreign) << issuer;
  }
}

TEST(ReceivedLogout, is_for_one_of_our_clients_or_several_and_nobody_else) {
  for (const std::string_view ours : {R"({"aud":"wiki"})", R"({"aud":["gateway"]})",
                                      R"({"aud":["wiki","gateway"]})", R"({"azp":"gateway"})"}) {
    EXPECT_EQ(fault_of_claims(ours), std::nullopt) << ours;
  }
  for (const std::string_view foreign :
       {R"({"aud":"app-a"})", R"({"aud":["gateway","app-a"]})", R"({"aud":["gateway",7]})", R"({"aud":[]})",
        R"({"aud":null})", R"({"aud":7})", R"({"aud":"Gateway"})", R"({"aud":{"gateway":1}})",
        R"({"azp":"app-a"})", R"({"azp":7})", R"({"azp":["gateway"]})"}) {
    EXPECT_EQ(fault_of_claims(foreign), Fault::token_audience_foreign) << foreign;
  }
}

TEST(ReceivedLogout, is_nobodys_where_no_client_is_configured) {
  Provider provider = a_relying_provider();
  provider.client_ids.clear();
  EXPECT_EQ(fault_of(provider, a_logout_token()), Fault::token_audience_foreign);
}

TEST(ReceivedLogout, is_refused_outside_its_time) {
  EXPECT_EQ(fault_of_claims(dates(60, 120)), std::nullopt);
  EXPECT_EQ(fault_of_claims(dates(61, 120)), Fault::token_from_future);
  EXPECT_EQ(fault_of_claims(dates(-180, -59)), std::nullopt);
  EXPECT_EQ(fault_of_claims(dates(-180, -60)), Fault::token_expired);
  Provider exact = a_relying_provider();
  exact.leeway = Seconds{0};
  EXPECT_EQ(fault_of(exact, a_logout_token(dates(1, 120))), Fault::token_from_future);
  EXPECT_EQ(fault_of(exact, a_logout_token(dates(-9, 0))), Fault::token_expired);
}

TEST(ReceivedLogout, is_good_for_a_day_at_most_whatever_it_says) {
  EXPECT_EQ(fault_of_claims(dates(-24 * 3600 - 59, 9999)), std::nullopt);
  EXPECT_EQ(fault_of_claims(dates(-24 * 3600 - 60, 9999)), Fault::token_too_old);
  EXPECT_EQ(fault_of_claims(R"({"iat":-1e300})"), Fault::token_too_old);
  EXPECT_EQ(fault_of_claims(R"({"iat":1e300})"), Fault::token_from_future);
}

TEST(ReceivedLogout, is_remembered_until_it_is_good_no_longer) {
  EXPECT_EQ(received(dates(0, 120)).jti_life, Seconds{180});
  EXPECT_EQ(received(dates(-100, -59)).jti_life, Seconds{1});
  EXPECT_EQ(received(R"({"exp":1800000720.5})").jti_life, Seconds{181});
  EXPECT_EQ(received(R"({"exp":1e300})").jti_life, Seconds{24 * 3600 + 60});
  Provider old = a_relying_provider();
  old.exp_required = false;
  EXPECT_EQ(received(R"({"exp":null})", old).jti_life, Seconds{3660});
  EXPECT_EQ(received(issued_without_exp(60), old).jti_life, Seconds{3720});
}

TEST(ReceivedLogout, needs_proper_dates) {
  const auto detail_of = [](std::string_view changes) {
    return refusal_of(a_relying_provider(), a_logout_token(changes)).value_or(Refusal{Fault::internal});
  };
  const Refusal no_iat{Fault::token_claims_invalid, "iat is not a number"};
  const Refusal no_exp{Fault::token_claims_invalid, "exp is not a number"};
  for (const std::string_view iat : {R"({"iat":null})", R"({"iat":"1800000600"})", R"({"iat":true})"}) {
    EXPECT_EQ(detail_of(iat), no_iat) << iat;
  }
  for (const std::string_view exp : {R"({"exp":null})", R"({"exp":"1800000720"})", R"({"exp":[1]})"}) {
    EXPECT_EQ(detail_of(exp), no_exp) << exp;
  }
}

TEST(ReceivedLogout, of_an_old_op_may_lack_exp_and_is_good_for_an_hour_then) {
  Provider provider = a_relying_provider();
  provider.exp_required = false;
  EXPECT_EQ(fault_of(provider, a_logout_token(issued_without_exp(-3659))), std::nullopt);
  EXPECT_EQ(fault_of(provider, a_logout_token(issued_without_exp(-3660))), Fault::token_too_old);
  EXPECT_EQ(fault_of(provider, a_logout_token(R"({"exp":"soon"})")), Fault::token_claims_invalid);
  EXPECT_EQ(fault_of(provider, a_logout_token(dates(-180, -60))), Fault::token_expired);
}

TEST(ReceivedLogout, has_the_event_of_a_back_channel_logout) {
  for (const std::string_view events :
       {R"({"events":null})", R"({"events":{}})", R"({"events":[]})", R"({"events":"x"})",
        R"({"events":["http://schemas.openid.net/event/backchannel-logout"]})",
        R"({"events":{"http://schemas.openid.net/event/backchannel-logout":true}})",
        R"({"events":{"http://schemas.openid.net/event/backchannel-logout":null}})",
        R"({"events":{"http://schemas.openid.net/event/backchannel-logout":[]}})",
        R"({"events":{"http://schemas.openid.net/event/backchannel-logout/":{}}})",
        R"({"events":{"https://schemas.openid.net/event/backchannel-logout":{}}})"}) {
    EXPECT_EQ(fault_of_claims(events), Fault::token_not_logout_token) << events;
  }
}

TEST(ReceivedLogout, has_no_nonce_not_even_an_empty_one) {
  EXPECT_EQ(fault_of_claims(R"({"nonce":"n"})"), Fault::token_not_logout_token);
  EXPECT_EQ(fault_of_claims(R"({"nonce":""})"), Fault::token_not_logout_token);
  std::string payload = logout_claims();
  payload.back() = ',';
  payload += R"("nonce":null})";
  EXPECT_EQ(fault_of(a_relying_provider(), a_signed_logout(a_key(), Algorithm::RS256, "{}", payload)),
            Fault::token_not_logout_token);
}

TEST(ReceivedLogout, is_no_id_token) {
  EXPECT_EQ(fault_of_claims(R"({"events":null,"nonce":"n","auth_time":1800000000})"),
            Fault::token_not_logout_token);
}

TEST(ReceivedLogout, names_a_session_or_a_user_properly) {
  EXPECT_EQ(refusal_of(a_relying_provider(), a_logout_token(R"({"sub":null,"sid":null})")),
            (Refusal{Fault::token_claims_invalid, "neither sub nor sid"}));
  for (const std::string_view name :
       {R"({"sub":""})", R"({"sub":7})", R"({"sub":"a\nb"})", R"({"sub":["alice"]})", R"({"sid":""})",
        R"({"sid":7})", R"({"sid":"a\u0001"})", R"({"sid":{"id":"sid-1"}})"}) {
    EXPECT_EQ(fault_of_claims(name), Fault::token_claims_invalid) << name;
  }
  const std::string longest(255, 's');
  EXPECT_EQ(received(R"({"sid":")" + longest + "\"}").mark, of_sid(longest));
  EXPECT_EQ(fault_of_claims(R"({"sid":"s)" + longest + "\"}"), Fault::token_claims_invalid);
}

TEST(ReceivedLogout, has_a_jti_of_bounded_length) {
  for (const std::string_view jti :
       {R"({"jti":null})", R"({"jti":""})", R"({"jti":7})", R"({"jti":"a\u0001"})"}) {
    EXPECT_EQ(fault_of_claims(jti), Fault::token_claims_invalid) << jti;
  }
  EXPECT_EQ(fault_of_claims(R"({"jti":")" + std::string(255, 'j') + "\"}"), std::nullopt);
  EXPECT_EQ(fault_of_claims(R"({"jti":")" + std::string(256, 'j') + "\"}"), Fault::token_claims_invalid);
}

TEST(ReceivedLogout, may_be_encrypted_to_us) {
  const Provider provider = a_provider_that_decrypts();
  const jose::Key& ours = provider.decryption_keys[0];
  EXPECT_EQ(granted(check_logout_token(provider, sealed(ours, a_logout_token()), a_moment())),
            received("{}"));
  EXPECT_EQ(fault_of(a_relying_provider(), sealed(ours, a_logout_token())), Fault::token_undecryptable);
  EXPECT_EQ(fault_of(provider, sealed(a_key(test_keys::client_rsa_2048), a_logout_token())),
            Fault::token_undecryptable);
  EXPECT_EQ(fault_of(provider, sealed(ours, logout_claims())), Fault::token_malformed);
  EXPECT_EQ(fault_of(provider, sealed(ours, a_logout_token(R"({"nonce":"n"})"))),
            Fault::token_not_logout_token);
}

TEST(ReceivedLogout, may_be_signed_only_where_it_could_be_encrypted) {
  EXPECT_EQ(fault_of(a_provider_that_decrypts(), a_logout_token()), std::nullopt);
}

TEST(ReceivedLogout, repeats_its_issuer_outside_as_it_is_inside) {
  const Provider provider = a_provider_that_decrypts();
  const auto with_header = [&](std::string_view header) {
    return fault_of(provider, sealed(provider.decryption_keys[0], a_logout_token(), header));
  };
  EXPECT_EQ(with_header(R"({"iss":"https://sso.example.com","cty":"JWT"})"), std::nullopt);
  EXPECT_EQ(with_header(R"({"iss":"https://other.example"})"), Fault::token_issuer_foreign);
  EXPECT_EQ(with_header(R"({"iss":7})"), Fault::token_issuer_foreign);
}

TEST(ReceivedLogout, says_nothing_of_its_names_in_a_refusal) {
  const auto refusal =
      refusal_of(a_relying_provider(), a_logout_token(R"({"aud":"hush","sub":"hush","jti":"hush"})"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->detail.find("hush"), std::string::npos);
}

}  // namespace slo::received_logout_test
