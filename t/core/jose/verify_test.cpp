// SPDX-License-Identifier: BSD-2-Clause
// A signature is good for one algorithm, one key and one text, spelled one way.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/jose/internal.h"
#include "core/text/base64url.h"
#include "t/core/jose/test_keys.h"
#include "t/core/jose/vectors.h"
#include "t/harness/builders.h"
#include "t/harness/test_keys.h"

namespace slo::jose_verify_test {

using jose::Algorithm;
using jose::Key;
using jose::KeySet;

constexpr std::string_view claims = R"({"iss":"https://sso.example.com","aud":"app-a"})";

Key key_of(std::string_view pem) { return *Key::from_pem(pem); }
Key jwk_of(std::string_view text) { return *Key::from_jwk(parse_json(text)->get()); }
Key public_half(const Key& key) { return *Key::from_jwk(key.public_jwk().get()); }

Key key_for(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::ES256:
      return key_of(test_keys::p256);
    case Algorithm::ES384:
      return key_of(test_keys::p384);
    case Algorithm::ES512:
      return key_of(jose_test_keys::p521);
    case Algorithm::EdDSA:
      return key_of(test_keys::ed25519);
    case Algorithm::HS256:
    case Algorithm::HS384:
    case Algorithm::HS512:
      return *Key::from_secret("a shared secret of sixty-four bytes, long enough for every HMAC !");
    default:
      return key_of(test_keys::rsa_2048);
  }
}

// What is left of a key for the receiver.
Key receiving_half(const Key& key, Algorithm algorithm) {
  return is_symmetric(algorithm) ? key_for(algorithm) : public_half(key);
}

std::string forge(std::string_view header, std::string_view payload, std::string_view signature = "AAAA") {
  return base64url(header) + "." + base64url(payload) + "." + std::string(signature);
}

std::string fault_of(const Outcome<jose::Parsed>& outcome) {
  return outcome ? "accepted" : std::string(describe(outcome.error().fault).name);
}

std::string fault_of(std::string_view token, const Key& key, Algorithm pinned) {
  return fault_of(jose::verify(token, {&key}, pinned));
}

constexpr std::array all_algorithms{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256,
                                    Algorithm::PS384, Algorithm::PS512, Algorithm::ES256, Algorithm::ES384,
                                    Algorithm::ES512, Algorithm::HS256, Algorithm::HS384, Algorithm::HS512,
                                    Algorithm::EdDSA};

TEST(JoseVerify, accepts_what_sign_made_for_every_algorithm) {
  for (auto algorithm : all_algorithms) {
    const Key key = key_for(algorithm);
    const Json header(json_pack("{s:s,s:s,s:s}", "typ", "JWT", "alg", "none", "kid", "foreign"));
    const auto token = jose::sign(key, algorithm, header.get(), claims);
    ASSERT_TRUE(token) << name_of(algorithm) << ": " << token.error().detail;
    const Key receiver = receiving_half(key, algorithm);
    const auto parsed = jose::verify(*token, {&receiver}, algorithm);
    ASSERT_TRUE(parsed) << name_of(algorithm) << ": " << fault_of(parsed);
    EXPECT_EQ(dump_json(parsed->claims.get()), claims);
    const std::string kid = is_symmetric(algorithm) ? "" : ",\"kid\":\"" + key.kid() + "\"";
    EXPECT_EQ(dump_json(parsed->header.get()),
              "{\"alg\":\"" + std::string(name_of(algorithm)) + "\",\"typ\":\"JWT\"" + kid + "}");
    EXPECT_EQ(json_object_size(header.get()), 3u);
  }
}

TEST(JoseVerify, refuses_a_token_that_is_altered_in_any_one_character) {
  for (auto algorithm :
       {Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::HS256, Algorithm::EdDSA}) {
    const Key key = key_for(algorithm);
    const Key receiver = receiving_half(key, algorithm);
    const auto token = *jose::sign(key, algorithm, nullptr, claims);
    ASSERT_EQ(fault_of(token, receiver, algorithm), "accepted");
    for (std::size_t at = 0; at < token.size(); ++at) {
      auto altered = token;
      altered[at] = altered[at] == 'A' ? 'B' : 'A';
      EXPECT_NE(fault_of(altered, receiver, algorithm), "accepted") << name_of(algorithm) << " at " << at;
    }
  }
}

TEST(JoseVerify, refuses_a_token_that_is_cut_or_longer_at_any_place) {
  for (auto algorithm : {Algorithm::RS256, Algorithm::ES256, Algorithm::HS256, Algorithm::EdDSA}) {
    const Key key = key_for(algorithm);
    const Key receiver = receiving_half(key, algorithm);
    const auto token = *jose::sign(key, algorithm, nullptr, claims);
    for (std::size_t size = 0; size < token.size(); ++size) {
      EXPECT_NE(fault_of(token.substr(0, size), receiver, algorithm), "accepted")
          << name_of(algorithm) << " " << size;
    }
    for (auto more : {"A", "AA", "AAA", "AAAA", "=", "==", ".", ".AAAA", " ", "\n"}) {
      EXPECT_NE(fault_of(token + more, receiver, algorithm), "accepted") << name_of(algorithm) << more;
    }
  }
}

TEST(JoseVerify, refuses_the_right_signature_over_another_text) {
  const Key key = key_of(test_keys::p256);
  const auto token = *jose::sign(key, Algorithm::ES256, nullptr, claims);
  const auto other = *jose::sign(key, Algorithm::ES256, nullptr, R"({"aud":"app-b"})");
  const auto mixed = other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'));
  EXPECT_EQ(fault_of(mixed, key, Algorithm::ES256), "token_signature_invalid");
}

TEST(JoseVerify, knows_no_algorithm_but_the_pinned_one) {
  for (auto algorithm : all_algorithms) {
    const Key key = key_for(algorithm);
    const auto token = *jose::sign(key, algorithm, nullptr, claims);
    for (auto pinned : all_algorithms) {
      EXPECT_EQ(fault_of(token, key, pinned), pinned == algorithm ? "accepted" : "token_algorithm_refused");
    }
  }
}

TEST(JoseVerify, refuses_none_in_every_spelling) {
  const Key key = key_of(test_keys::rsa_2048);
  for (auto name : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = std::string("{\"alg\":\"") + name + "\"}";
    EXPECT_EQ(fault_of(forge(header, claims, ""), key, Algorithm::RS256), "token_algorithm_refused") << name;
    EXPECT_EQ(fault_of(forge(header, claims), key, Algorithm::RS256), "token_algorithm_refused") << name;
  }
  for (auto header : {R"({"alg":null})", R"({"alg":["RS256"]})", R"({"alg":1})", R"({"typ":"JWT"})"}) {
    EXPECT_EQ(fault_of(forge(header, claims), key, Algorithm::RS256), "token_malformed") << header;
  }
  EXPECT_EQ(fault_of(forge(R"({"alg":"RS256"})", claims, ""), key, Algorithm::RS256),
            "token_signature_invalid");
}

TEST(JoseVerify, never_takes_a_public_key_for_a_shared_secret) {
  const Key rsa = key_of(test_keys::rsa_2048);
  // The classic: HS256 with the public key's text as the secret, here as JWK and as its modulus.
  const auto published = dump_json(rsa.public_jwk().get());
  for (const auto& secret : {published, *from_base64url(*string_member(rsa.public_jwk().get(), "n"))}) {
    const auto forged = *jose::sign(*Key::from_secret(secret), Algorithm::HS256, nullptr, claims);
    EXPECT_EQ(fault_of(forged, rsa, Algorithm::RS256), "token_algorithm_refused");
    EXPECT_EQ(fault_of(forged, rsa, Algorithm::HS256), "token_key_unknown");
    EXPECT_EQ(fault_of(forged, public_half(rsa), Algorithm::HS256), "token_key_unknown");
  }
}

TEST(JoseVerify, ignores_keys_and_addresses_of_keys_in_the_header) {
  const Key ours = key_of(test_keys::rsa_2048);
  const Key theirs = key_of(test_keys::other_rsa_2048);
  Json header(json_object());
  json_object_set_new(header.get(), "jwk", theirs.public_jwk().release());
  for (auto name : {"jku", "x5u"})
    json_object_set_new(header.get(), name, json_string("https://evil.example/keys"));
  json_object_set_new(header.get(), "x5c", json_pack("[s]", "MIIB"));
  const auto forged = *jose::sign(theirs, Algorithm::RS256, header.get(), claims);
  EXPECT_EQ(fault_of(forged, ours, Algorithm::RS256), "token_key_unknown");
  const auto honest = *jose::sign(ours, Algorithm::RS256, header.get(), claims);
  EXPECT_EQ(fault_of(honest, ours, Algorithm::RS256), "accepted");
}

TEST(JoseVerify, looks_keys_up_by_kid_and_tries_each_that_fits_without_one) {
  Key first = key_of(test_keys::rsa_2048);
  Key second = key_of(test_keys::other_rsa_2048);
  const Key curve = key_of(test_keys::p256);
  second.set_kid("");
  const auto nameless = *jose::sign(second, Algorithm::RS256, nullptr, claims);
  EXPECT_EQ(string_member(peek(nameless)->header.get(), "kid"), std::nullopt);
  second.set_kid("second");
  const auto named = *jose::sign(second, Algorithm::RS256, nullptr, claims);

  const std::vector<const Key*> both{&curve, &first, &second};
  EXPECT_EQ(fault_of(jose::verify(nameless, both, Algorithm::RS256)), "accepted");
  EXPECT_EQ(fault_of(jose::verify(named, both, Algorithm::RS256)), "accepted");
  EXPECT_EQ(fault_of(jose::verify(named, {&curve, &first}, Algorithm::RS256)), "token_key_unknown");
  EXPECT_EQ(fault_of(jose::verify(nameless, {&curve, &first}, Algorithm::RS256)), "token_signature_invalid");
  EXPECT_EQ(fault_of(jose::verify(nameless, {&curve}, Algorithm::RS256)), "token_key_unknown");
  EXPECT_EQ(fault_of(jose::verify(nameless, {}, Algorithm::RS256)), "token_key_unknown");
  first.set_kid("second");  // two keys of one name
  EXPECT_EQ(fault_of(jose::verify(named, both, Algorithm::RS256)), "accepted");
}

TEST(JoseVerify, tries_a_shared_secret_whatever_the_kid) {
  const Key secret = *Key::from_secret(std::string(32, 's'));
  const auto token = *jose::sign(secret, Algorithm::HS256, nullptr, claims);
  const auto body = token.substr(token.find('.'));
  EXPECT_EQ(fault_of(base64url(R"({"alg":"HS256","kid":"any"})") + body, secret, Algorithm::HS256),
            "token_signature_invalid");
  EXPECT_EQ(fault_of(token, secret, Algorithm::HS256), "accepted");
}

TEST(JoseVerify, uses_no_key_against_its_own_words) {
  const Key key = key_of(test_keys::rsa_2048);
  const auto token = *jose::sign(key, Algorithm::RS256, nullptr, claims);
  for (auto [name, value] : {std::pair{"use", "enc"}, {"alg", "PS256"}, {"alg", "RSA-OAEP"}}) {
    auto jwk = key.public_jwk();
    json_object_set_new(jwk.get(), name, json_string(value));
    EXPECT_EQ(fault_of(token, *Key::from_jwk(jwk.get()), Algorithm::RS256), "token_key_unknown") << value;
  }
  auto jwk = key.public_jwk();
  json_object_set_new(jwk.get(), "key_ops", json_pack("[s]", "encrypt"));
  EXPECT_EQ(fault_of(token, *Key::from_jwk(jwk.get()), Algorithm::RS256), "token_key_unknown");
}

TEST(JoseVerify, refuses_extensions_that_must_be_understood) {
  const Key key = key_of(test_keys::p256);
  for (auto critical : {R"(["exp"])", R"(["b64"])", "[]", "null"}) {
    const auto header = parse_json(std::string(R"({"b64":true,"crit":)") + critical + "}");
    const auto token = *jose::sign(key, Algorithm::ES256, header->get(), claims);
    EXPECT_EQ(fault_of(token, key, Algorithm::ES256), "token_critical_header") << critical;
    EXPECT_EQ(fault_of(peek(token)), "token_critical_header") << critical;
  }
}

TEST(JoseVerify, refuses_duplicate_members_although_the_signature_is_right) {
  const Key key = key_of(test_keys::p256);
  auto signed_text = [&](std::string_view payload) {
    return *jose::sign(key, Algorithm::ES256, nullptr, payload);
  };
  EXPECT_EQ(fault_of(signed_text(R"({"aud":"a","aud":"b"})"), key, Algorithm::ES256),
            "token_duplicate_member");
  EXPECT_EQ(fault_of(signed_text(R"({"x":{"a":1,"a":1}})"), key, Algorithm::ES256), "token_duplicate_member");
  EXPECT_EQ(fault_of(signed_text(R"({"a":1,"\u0061":1})"), key, Algorithm::ES256), "token_duplicate_member");
  EXPECT_EQ(fault_of(forge(R"({"alg":"none","alg":"ES256"})", claims), key, Algorithm::ES256),
            "token_duplicate_member");
}

TEST(JoseVerify, refuses_payloads_and_headers_that_are_no_objects) {
  const Key key = key_of(test_keys::p256);
  for (auto payload :
       {"", "[]", "7", "null", "\"x\"", "{", "{}{}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}"}) {
    const auto token = *jose::sign(key, Algorithm::ES256, nullptr, payload);
    EXPECT_EQ(fault_of(token, key, Algorithm::ES256), "token_malformed") << payload;
  }
  for (auto header : {"", "[]", "null", "{", "\"ES256\"", R"({"alg":"ES256","kid":5})"}) {
    EXPECT_EQ(fault_of(forge(header, claims), key, Algorithm::ES256), "token_malformed") << header;
  }
}

TEST(JoseVerify, refuses_other_structures_than_three_parts) {
  const Key key = key_of(test_keys::p256);
  const auto token = *jose::sign(key, Algorithm::ES256, nullptr, claims);
  for (const auto& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), token + ".", "." + token,
        token + ".AA.AA", token.substr(0, token.rfind('.')), " " + token, token + "=", token + "\r\n",
        R"({"payload":"e30","protected":"e30","signature":"e30"})" + std::string()}) {
    EXPECT_EQ(fault_of(bad, key, Algorithm::ES256), "token_malformed") << bad;
    EXPECT_EQ(fault_of(peek(bad)), "token_malformed") << bad;
  }
}

TEST(JoseVerify, takes_tokens_up_to_16_kib) {
  const Key key = key_of(test_keys::p256);
  auto padded = [&](std::size_t size) {
    return *jose::sign(key, Algorithm::ES256, nullptr, "{\"x\":\"" + std::string(size, 'x') + "\"}");
  };
  std::size_t size = 12000;
  while (padded(size + 1).size() <= jose::max_token) ++size;
  EXPECT_EQ(fault_of(padded(size), key, Algorithm::ES256), "accepted");
  EXPECT_EQ(fault_of(padded(size + 1), key, Algorithm::ES256), "token_too_large");
  EXPECT_EQ(fault_of(peek(padded(size + 1))), "token_too_large");
}

// A good ES256 token with its signature replaced by what `change` makes of the 64 bytes.
template <class Change>
std::string with_signature(const Key& key, Change change) {
  const auto token = *jose::sign(key, Algorithm::ES256, nullptr, claims);
  const auto dot = token.rfind('.');
  return token.substr(0, dot + 1) + base64url(change(*from_base64url(token.substr(dot + 1))));
}

std::string der_integer(std::string bytes) {
  bytes.erase(0, bytes.find_first_not_of('\0'));
  if ((bytes[0] & 0x80) != 0) bytes.insert(0, 1, '\0');
  return std::string("\x02") + static_cast<char>(bytes.size()) + bytes;
}

TEST(JoseVerify, refuses_ecdsa_signatures_in_other_forms) {
  const Key key = key_of(test_keys::p256);
  auto fault = [&](auto change) { return fault_of(with_signature(key, change), key, Algorithm::ES256); };
  EXPECT_EQ(fault([](std::string raw) { return raw; }), "accepted");
  EXPECT_EQ(fault([](const std::string& raw) {
              const auto sequence = der_integer(raw.substr(0, 32)) + der_integer(raw.substr(32));
              return std::string("\x30") + static_cast<char>(sequence.size()) + sequence;
            }),
            "token_signature_invalid");
  // r and s with a leading zero byte each: cjose would halve and accept them.
  EXPECT_EQ(fault([](const std::string& raw) {
              return std::string(1, '\0') + raw.substr(0, 32) + std::string(1, '\0') + raw.substr(32);
            }),
            "token_signature_invalid");
  EXPECT_EQ(fault([](const std::string&) { return std::string(64, '\0'); }), "token_signature_invalid");
  EXPECT_EQ(fault([](const std::string& raw) { return raw.substr(0, 32) + std::string(32, '\0'); }),
            "token_signature_invalid");
  EXPECT_EQ(fault([](const std::string& raw) { return std::string(32, '\0') + raw.substr(32); }),
            "token_signature_invalid");
  EXPECT_EQ(fault([](const std::string& raw) { return raw.substr(32) + raw.substr(0, 32); }),
            "token_signature_invalid");
}

TEST(JoseVerify, refuses_rsa_and_hmac_signatures_of_another_length) {
  const Key rsa = key_of(test_keys::rsa_2048);
  const Key secret = *Key::from_secret(std::string(32, 's'));
  for (const auto& [key, algorithm] :
       {std::pair{&rsa, Algorithm::RS256}, {&rsa, Algorithm::PS256}, {&secret, Algorithm::HS256}}) {
    const auto token = *jose::sign(*key, algorithm, nullptr, claims);
    const auto dot = token.rfind('.');
    const auto raw = *from_base64url(token.substr(dot + 1));
    for (const auto& changed : {raw.substr(0, raw.size() - 1), raw.substr(0, 8), raw.substr(0, 1),
                                std::string(), raw + '\0', std::string(1, '\0') + raw, raw + raw}) {
      EXPECT_EQ(fault_of(token.substr(0, dot + 1) + base64url(changed), *key, algorithm),
                "token_signature_invalid")
          << name_of(algorithm) << " " << changed.size();
    }
  }
}

TEST(JoseVerify, finds_the_right_key_in_a_set_full_of_surprises) {
  const Key signer = key_of(test_keys::other_rsa_2048);
  const Key curve = key_of(test_keys::client_p256);
  auto published = [](std::string_view pem) {
    auto jwk = key_of(pem).public_jwk();
    json_object_del(jwk.get(), "kid");
    return dump_json(jwk.get());
  };
  const auto set = *KeySet::parse(
      R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"},{"kty":"EC","crv":"secp256k1"},)" +
      published(test_keys::rsa_2048) + "," + published(test_keys::p256) + ",5," +
      published(test_keys::ed25519) + "," + published(test_keys::other_rsa_2048) + "," +
      published(test_keys::client_p256) + "]}");
  std::vector<const Key*> keys;
  for (const auto& key : set.keys()) keys.push_back(&key);
  EXPECT_EQ(
      fault_of(jose::verify(*jose::sign(signer, Algorithm::RS256, nullptr, claims), keys, Algorithm::RS256)),
      "accepted");
  EXPECT_EQ(
      fault_of(jose::verify(*jose::sign(curve, Algorithm::ES256, nullptr, claims), keys, Algorithm::ES256)),
      "accepted");
  EXPECT_EQ(fault_of(jose::verify(*jose::sign(key_of(test_keys::p384), Algorithm::ES384, nullptr, claims),
                                  keys, Algorithm::ES384)),
            "token_key_unknown");
}

TEST(JoseVerify, leaves_nothing_in_openssls_error_queue) {
  ERR_clear_error();
  const Key rsa = key_of(test_keys::rsa_2048);
  const auto token = *jose::sign(rsa, Algorithm::PS256, nullptr, claims);
  const auto zeros = token.substr(0, token.rfind('.') + 1) + base64url(std::string(256, '\xff'));
  EXPECT_EQ(fault_of(zeros, rsa, Algorithm::PS256), "token_signature_invalid");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(JoseVerify, accepts_the_examples_of_rfc_7515) {
  EXPECT_EQ(fault_of(jose_vectors::rfc7515_a1_jws, jwk_of(jose_vectors::rfc7515_a1_key), Algorithm::HS256),
            "accepted");
  EXPECT_EQ(fault_of(jose_vectors::rfc7515_a2_jws, jwk_of(jose_vectors::rfc7515_a2_key), Algorithm::RS256),
            "accepted");
  const Key curve = jwk_of(jose_vectors::rfc7515_a3_key);
  const auto parsed = jose::verify(jose_vectors::rfc7515_a3_jws, {&curve}, Algorithm::ES256);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(dump_json(parsed->claims.get()),
            R"({"iss":"joe","exp":1300819380,"http://example.com/is_root":true})");
}

// The examples of RFC 7520 and 8037 sign plain sentences, which are no claims.
std::string fault_of_sentence(std::string_view token, std::string_view jwk, Algorithm pinned) {
  const Key key = jwk_of(jwk);
  const auto parts = jose::split_token(token, 3);
  const jose::SignedToken taken{.token = token,
                                .parsed = {.header = *jose::read_header(parts[0])},
                                .signing_input = token.substr(0, token.rfind('.')),
                                .signature = *from_base64url(parts[2])};
  const auto checked = jose::check_signature(taken, {&key}, pinned);
  return checked ? "accepted" : std::string(describe(checked.error().fault).name);
}

TEST(JoseVerify, accepts_the_signatures_of_rfc_7520_and_8037) {
  using namespace jose_vectors;
  EXPECT_EQ(fault_of_sentence(rfc7520_4_1_jws, rfc7520_4_1_key, Algorithm::RS256), "accepted");
  EXPECT_EQ(fault_of_sentence(rfc7520_4_2_jws, rfc7520_4_1_key, Algorithm::PS384), "accepted");
  EXPECT_EQ(fault_of_sentence(rfc7520_4_3_jws, rfc7520_4_3_key, Algorithm::ES512), "accepted");
  EXPECT_EQ(fault_of_sentence(rfc7520_4_4_jws, rfc7520_4_4_key, Algorithm::HS256), "accepted");
  EXPECT_EQ(fault_of_sentence(rfc8037_a4_jws, rfc8037_a1_key, Algorithm::EdDSA), "accepted");
  EXPECT_EQ(fault_of_sentence(rfc8037_a4_jws, rfc8037_a1_key, Algorithm::ES256), "token_algorithm_refused");
}

TEST(JoseSign, writes_the_deterministic_examples_of_the_rfcs_to_the_byte) {
  using namespace jose_vectors;
  const auto sentence = *from_base64url(jose::split_token(rfc7520_4_1_jws, 3)[1]);
  EXPECT_EQ(*jose::sign(jwk_of(rfc7520_4_1_key), Algorithm::RS256, nullptr, sentence), rfc7520_4_1_jws);
  Key ed25519 = jwk_of(rfc8037_a1_key);
  ed25519.set_kid("");
  EXPECT_EQ(*jose::sign(ed25519, Algorithm::EdDSA, nullptr, "Example of Ed25519 signing"), rfc8037_a4_jws);
}

TEST(JoseSign, refuses_keys_that_cannot_sign) {
  const Key rsa = key_of(test_keys::rsa_2048);
  auto refusal = [](const Key& key, Algorithm algorithm) {
    auto token = jose::sign(key, algorithm, nullptr, claims);
    return token ? Refusal{Fault::internal, "signed"} : token.error();
  };
  EXPECT_EQ(refusal(public_half(rsa), Algorithm::RS256),
            (Refusal{Fault::key_unusable, "the key does not fit RS256"}));
  EXPECT_EQ(refusal(rsa, Algorithm::ES256), (Refusal{Fault::key_unusable, "the key does not fit ES256"}));
  EXPECT_EQ(refusal(rsa, Algorithm::HS256), (Refusal{Fault::key_unusable, "the key does not fit HS256"}));
  EXPECT_EQ(refusal(key_of(test_keys::p256), Algorithm::ES384),
            (Refusal{Fault::key_unusable, "the key does not fit ES384"}));
}

TEST(JoseSign, works_from_several_threads_with_one_key) {
  for (auto algorithm :
       {Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::HS256}) {
    const Key key = key_for(algorithm);
    const Json header(json_pack("{s:s}", "typ", "logout+jwt"));
    std::array<int, 4> accepted{};
    std::vector<std::thread> threads;
    for (auto& count : accepted) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) {
          const auto token = jose::sign(key, algorithm, header.get(), claims);
          if (token && jose::verify(*token, {&key}, algorithm)) ++count;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, (std::array<int, 4>{25, 25, 25, 25})) << name_of(algorithm);
  }
}

}  // namespace slo::jose_verify_test
