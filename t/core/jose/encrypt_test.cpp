// SPDX-License-Identifier: BSD-2-Clause
// What is encrypted can be opened by its key, by nothing else, and only as it was sent.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <array>

#include "core/jose/internal.h"
#include "core/text/base64url.h"
#include "t/core/jose/test_keys.h"
#include "t/core/jose/vectors.h"
#include "t/harness/test_keys.h"

namespace slo::jose_encrypt_test {

using jose::Algorithm;
using jose::Key;

constexpr std::string_view plaintext = R"({"iss":"https://sso.example.com"})";
constexpr std::array all_enc{"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512",
                             "A128GCM",       "A192GCM",       "A256GCM"};
constexpr std::array made_alg{"RSA-OAEP", "ECDH-ES", "A128KW", "A192KW", "A256KW", "dir"};
const std::vector<std::string_view> all_alg{"RSA-OAEP", "RSA1_5", "ECDH-ES", "A128KW",
                                            "A192KW",   "A256KW", "dir"};

Key key_of(std::string_view pem) { return *Key::from_pem(pem); }
Key jwk_of(std::string_view text) { return *Key::from_jwk(parse_json(text)->get()); }

Key secret_of(std::size_t bytes) {
  return jwk_of("{\"kty\":\"oct\",\"k\":\"" + base64url(std::string(bytes, 'k')) + "\"}");
}

// The private key of one who gets `alg` tokens.
Key receiver_for(std::string_view alg, std::string_view enc) {
  if (alg.starts_with("RSA")) return key_of(test_keys::client_rsa_2048);
  if (alg == "ECDH-ES") return key_of(test_keys::client_p256);
  return *jose::encryption_key_of(secret_of(32), alg, enc);
}

Key sender_for(std::string_view alg, std::string_view enc) {
  const Key receiver = receiver_for(alg, enc);
  if (receiver.body().kind == jose::Kind::oct) return receiver_for(alg, enc);
  auto jwk = receiver.public_jwk();
  json_object_set_new(jwk.get(), "use", json_string("enc"));
  return *Key::from_jwk(jwk.get());
}

std::string opened(std::string_view token, const Key& key,
                   const std::vector<std::string_view>& algs = all_alg) {
  const auto text = jose::decrypt(token, {&key}, algs);
  return text ? *text : std::string(describe(text.error().fault).name);
}

std::vector<std::string> parts_of(std::string_view token) {
  std::vector<std::string> parts;
  for (auto part : jose::split_token(token, 5)) parts.emplace_back(part);
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string token;
  for (const auto& part : parts) token += (token.empty() ? "" : ".") + part;
  return token;
}

// `token` with the bytes of one part changed.
template <class Change>
std::string with_part(std::string_view token, std::size_t which, Change change) {
  auto parts = parts_of(token);
  parts[which] = base64url(change(*from_base64url(parts[which])));
  return join(parts);
}

TEST(JoseEncrypt, is_opened_again_for_every_pair_it_knows) {
  for (auto alg : made_alg) {
    for (auto enc : all_enc) {
      EXPECT_TRUE(jose::is_known_encryption(alg, enc));
      const Key sender = sender_for(alg, enc);
      const Json header(
          json_pack("{s:s,s:s,s:s}", "cty", "JWT", "iss", "https://sso.example.com", "kid", "foreign"));
      const auto token = jose::encrypt(sender, alg, enc, header.get(), plaintext);
      ASSERT_TRUE(token) << alg << " " << enc << ": " << token.error().detail;
      EXPECT_TRUE(jose::is_encrypted(*token));
      EXPECT_EQ(opened(*token, receiver_for(alg, enc)), plaintext) << alg << " " << enc;

      const auto sent = *jose::read_header(jose::split_token(*token, 5)[0]);
      EXPECT_EQ(string_member(sent.get(), "alg"), alg);
      EXPECT_EQ(string_member(sent.get(), "enc"), enc);
      EXPECT_EQ(string_member(sent.get(), "cty"), "JWT");
      EXPECT_EQ(string_member(sent.get(), "iss"), "https://sso.example.com");
      EXPECT_EQ(string_member(sent.get(), "kid").value_or(""), sender.kid());
    }
  }
}

TEST(JoseEncrypt, agrees_on_every_curve) {
  for (auto pem : {test_keys::p256, test_keys::p384, jose_test_keys::p521}) {
    const Key key = key_of(pem);
    EXPECT_EQ(opened(*jose::encrypt(key, "ECDH-ES", "A256GCM", nullptr, plaintext), key), plaintext);
  }
}

TEST(JoseEncrypt, seals_what_is_empty_and_what_is_long) {
  const Key key = secret_of(32);
  for (auto enc : {"A256GCM", "A128CBC-HS256"}) {
    EXPECT_EQ(opened(*jose::encrypt(key, "dir", enc, nullptr, ""), key), "");
    const std::string text(12000, 'x');
    EXPECT_EQ(opened(*jose::encrypt(key, "dir", enc, nullptr, text), key), text);
    EXPECT_EQ(opened(*jose::encrypt(key, "dir", enc, nullptr, text + text), key), "token_too_large");
  }
}

TEST(JoseEncrypt, serves_tickets_dir_with_a_secret_of_32_bytes) {
  const Key key = *Key::from_secret("0123456789abcdef0123456789abcdef");
  const auto token = *jose::encrypt(key, "dir", "A256GCM", nullptr, plaintext);
  EXPECT_EQ(opened(token, key, {"dir"}), plaintext);
  EXPECT_NE(*jose::encrypt(key, "dir", "A256GCM", nullptr, plaintext), token);  // another IV each time
  EXPECT_EQ(opened(token, *Key::from_secret("0123456789abcdef0123456789abcdeF"), {"dir"}),
            "token_undecryptable");
}

TEST(JoseEncrypt, never_uses_a_content_key_of_zeros) {
  for (auto alg : {"RSA-OAEP", "A256KW"}) {
    for (auto enc : all_enc) {
      EXPECT_FALSE(
          jose::is_sealed_with_zeros(*jose::encrypt(sender_for(alg, enc), alg, enc, nullptr, plaintext)));
    }
  }
  for (auto enc : all_enc) {  // the alarm rings when they are
    const auto size = jose::find_content_algorithm(enc)->cek_size;
    const Key zeros = jwk_of("{\"kty\":\"oct\",\"k\":\"" + base64url(std::string(size, '\0')) + "\"}");
    const auto refused = jose::encrypt(zeros, "dir", enc, nullptr, plaintext);
    ASSERT_FALSE(refused) << enc;
    EXPECT_EQ(refused.error().fault, Fault::key_unusable);
  }
}

TEST(JoseEncrypt, knows_no_other_algorithms_and_makes_no_rsa1_5) {
  for (auto alg :
       {"RSA1_5", "RSA-OAEP-256", "ECDH-ES+A128KW", "A128GCMKW", "PBES2-HS256+A128KW", "none", ""}) {
    EXPECT_FALSE(jose::is_known_encryption(alg, "A256GCM")) << alg;
  }
  for (auto enc : {"A128CBC", "A256GCM ", "none", "", "XC20P"}) {
    EXPECT_FALSE(jose::is_known_encryption("RSA-OAEP", enc)) << enc;
  }
  const Key rsa = key_of(test_keys::client_rsa_2048);
  EXPECT_EQ(jose::encrypt(rsa, "RSA1_5", "A256GCM", nullptr, plaintext).error(),
            (Refusal{Fault::key_unusable, "the key does not fit RSA1_5 with A256GCM"}));
}

TEST(JoseEncrypt, fits_keys_of_the_right_kind_and_size_that_allow_it) {
  const Key rsa = key_of(test_keys::client_rsa_2048);
  EXPECT_TRUE(rsa.fits_encryption("RSA-OAEP", "A128GCM"));
  EXPECT_TRUE(rsa.fits_encryption("RSA1_5", "A128GCM"));
  EXPECT_FALSE(rsa.fits_encryption("ECDH-ES", "A128GCM"));
  EXPECT_FALSE(rsa.fits_encryption("RSA-OAEP", "none"));
  EXPECT_FALSE(key_of(test_keys::ed25519).fits_encryption("ECDH-ES", "A128GCM"));
  EXPECT_TRUE(secret_of(16).fits_encryption("A128KW", "A256GCM"));
  EXPECT_FALSE(secret_of(16).fits_encryption("A256KW", "A256GCM"));
  EXPECT_FALSE(secret_of(16).fits_encryption("dir", "A256GCM"));
  EXPECT_TRUE(secret_of(64).fits_encryption("dir", "A256CBC-HS512"));

  const auto jwk = rsa.public_jwk();
  auto fits_with = [&](const char* name, Json value) {
    json_object_set_new(jwk.get(), name, value.release());
    return Key::from_jwk(jwk.get())->fits_encryption("RSA-OAEP", "A256GCM");
  };
  EXPECT_FALSE(fits_with("use", make_string("sig")));
  EXPECT_TRUE(fits_with("use", make_string("enc")));
  EXPECT_TRUE(fits_with("alg", make_string("RSA-OAEP")));
  EXPECT_TRUE(fits_with("key_ops", Json(json_pack("[s]", "wrapKey"))));
  EXPECT_FALSE(fits_with("key_ops", Json(json_pack("[s]", "verify"))));
  EXPECT_TRUE(fits_with("key_ops", Json(json_pack("[s]", "encrypt"))));
  EXPECT_FALSE(fits_with("alg", make_string("RSA-OAEP-256")));
}

TEST(JoseEncrypt, derives_keys_from_a_client_secret_as_openid_connect_says) {
  const Key secret = *Key::from_secret("0123456789abcdef0123456789abcdef");
  auto derived = [&](std::string_view alg, std::string_view enc) {
    std::string hex;
    const auto key = jose::encryption_key_of(secret, alg, enc);
    for (unsigned char byte : key->body().secret) {
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
  };
  // sha256sum, sha384sum and sha512sum of the secret, cut to size
  EXPECT_EQ(derived("A128KW", "A256GCM"), "3eb1bd439947eb762998e566ccc2e099");
  EXPECT_EQ(derived("A192KW", "A256GCM"), "3eb1bd439947eb762998e566ccc2e099c791118b2f40579c");
  EXPECT_EQ(derived("A256KW", "A128GCM"), "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9");
  EXPECT_EQ(derived("dir", "A128GCM"), "3eb1bd439947eb762998e566ccc2e099");
  EXPECT_EQ(
      derived("dir", "A192CBC-HS384"),
      "9c8540d981f242f8aafad89fb131a2fdcaddb2454936992caf80c4d23dfe1f745d74274c1b7379eee80481ba6d46026d");
  EXPECT_EQ(derived("dir", "A256CBC-HS512"),
            "0372a8619ebcbbcd91abcda1ba389ac36e72962887b3019de3372a561fd962da"
            "7e9cfa0c3069c46ca5dc2ad88e607e70bb7a87996ab96fea7aa27e5288952055");
  EXPECT_FALSE(jose::encryption_key_of(secret, "RSA-OAEP", "A256GCM"));
  EXPECT_FALSE(jose::encryption_key_of(key_of(test_keys::p256), "dir", "A256GCM"));
}

TEST(JoseDecrypt, opens_the_examples_of_the_rfcs) {
  using namespace jose_vectors;
  const std::string_view sentence = "Live long and prosper.";
  EXPECT_EQ(opened(rfc7516_a1_jwe, jwk_of(rfc7516_a1_key)),
            "The true sign of intelligence is not knowledge but imagination.");
  EXPECT_EQ(opened(rfc7516_a2_jwe, jwk_of(rfc7516_a2_key)), sentence);
  EXPECT_EQ(opened(rfc7516_a3_jwe, jwk_of(rfc7516_a3_key)), sentence);
  for (auto [token, key] : {std::pair{rfc7520_5_5_jwe, rfc7520_5_5_key},
                            {rfc7520_5_6_jwe, rfc7520_5_6_key},
                            {rfc7520_5_8_jwe, rfc7520_5_8_key}}) {
    EXPECT_EQ(opened(token, jwk_of(key)).substr(0, 36), "You can trust us to stick with you t");
  }
}

TEST(JoseDecrypt, allows_only_the_algorithms_asked_for) {
  using namespace jose_vectors;
  EXPECT_EQ(opened(rfc7516_a2_jwe, jwk_of(rfc7516_a2_key), {"RSA-OAEP", "ECDH-ES"}), "token_undecryptable");
  EXPECT_EQ(opened(rfc7516_a2_jwe, jwk_of(rfc7516_a2_key), {"RSA1_5"}), "Live long and prosper.");
  EXPECT_EQ(opened(rfc7516_a2_jwe, jwk_of(rfc7516_a2_key), {}), "token_undecryptable");
}

TEST(JoseDecrypt, refuses_a_token_that_is_altered_in_any_one_character) {
  for (auto [alg, enc] : {std::pair{"RSA-OAEP", "A256GCM"},
                          {"ECDH-ES", "A128CBC-HS256"},
                          {"A128KW", "A256CBC-HS512"},
                          {"dir", "A128GCM"}}) {
    const Key receiver = receiver_for(alg, enc);
    const auto token = *jose::encrypt(sender_for(alg, enc), alg, enc, nullptr, plaintext);
    ASSERT_EQ(opened(token, receiver), plaintext);
    for (std::size_t at = 0; at < token.size(); ++at) {
      auto altered = token;
      altered[at] = altered[at] == 'A' ? 'B' : 'A';
      EXPECT_NE(opened(altered, receiver), plaintext) << alg << " at " << at;
    }
  }
}

TEST(JoseDecrypt, refuses_tags_and_ivs_of_other_lengths) {
  for (auto enc : all_enc) {
    const Key key = *jose::encryption_key_of(secret_of(32), "dir", enc);
    const auto token = *jose::encrypt(key, "dir", enc, nullptr, plaintext);
    for (std::size_t which : {2u, 4u}) {
      for (std::size_t size = 0; size < 12; ++size) {  // CVE-2023-37464: cjose took a GCM tag of any length
        EXPECT_EQ(
            opened(with_part(token, which, [=](std::string bytes) { return bytes.substr(0, size); }), key),
            "token_undecryptable")
            << enc << " part " << which << " of " << size;
      }
      EXPECT_EQ(opened(with_part(token, which, [](const std::string& bytes) { return bytes + 'x'; }), key),
                "token_undecryptable");
    }
  }
}

TEST(JoseDecrypt, refuses_encrypted_keys_of_other_lengths) {
  for (auto alg : {"RSA-OAEP", "A128KW", "A256KW"}) {
    const Key receiver = receiver_for(alg, "A128CBC-HS256");
    const auto token =
        *jose::encrypt(sender_for(alg, "A128CBC-HS256"), alg, "A128CBC-HS256", nullptr, plaintext);
    for (std::size_t size : {0u, 1u, 8u, 16u, 39u, 41u, 48u, 255u, 257u, 4096u}) {  // CVE-2026-53938 in cjose
      auto resize = [=](std::string bytes) {
        bytes.resize(size, 'x');
        return bytes;
      };
      EXPECT_EQ(opened(with_part(token, 1, resize), receiver), "token_undecryptable") << alg << " " << size;
    }
  }
  for (auto alg : {"dir", "ECDH-ES"}) {  // there is no encrypted key
    const auto token = *jose::encrypt(sender_for(alg, "A128GCM"), alg, "A128GCM", nullptr, plaintext);
    EXPECT_EQ(opened(with_part(token, 1, [](const std::string&) { return std::string("x"); }),
                     receiver_for(alg, "A128GCM")),
              "token_undecryptable");
  }
}

TEST(JoseDecrypt, gives_no_sign_whether_rsa1_5_padding_was_right) {
  const Key receiver = jwk_of(jose_vectors::rfc7516_a2_key);
  const auto broken = with_part(jose_vectors::rfc7516_a2_jwe, 1, [](std::string bytes) {
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    return bytes;
  });
  EXPECT_EQ(opened(broken, receiver), "token_undecryptable");
  const auto taken = *jose::take_apart_encrypted(broken);
  const auto& enc = *jose::find_content_algorithm("A128CBC-HS256");
  EXPECT_EQ(jose::unwrap_key(receiver.body(), "RSA1_5", enc, taken)->size(), 32u);
}

// An ECDH-ES token for `key` whose header is `header` with the ephemeral key replaced by what is in `epk`.
std::string with_epk(std::string_view epk) {
  const std::string header = R"({"alg":"ECDH-ES","enc":"A128GCM","epk":)" + std::string(epk) + "}";
  return base64url(header) + ".." + base64url(std::string(12, 'i')) + ".AAAA." +
         base64url(std::string(16, 't'));
}

TEST(JoseDecrypt, refuses_ephemeral_keys_that_are_none) {
  const Key key = key_of(test_keys::client_p256);
  for (auto epk :
       {"5", "null", "\"x\"", "{}", R"({"kty":"EC"})", R"({"kty":"EC","crv":"P-256","x":"A===","y":"A==="})",
        R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})", R"({"kty":"EC","crv":"P-256","x":1,"y":2})"}) {
    EXPECT_EQ(opened(with_epk(epk), key), "token_undecryptable") << epk;
  }
  // on another curve, off the curve, the point at infinity
  EXPECT_EQ(opened(with_epk(dump_json(key_of(test_keys::p384).public_jwk().get())), key),
            "token_undecryptable");
  auto off_curve = key_of(test_keys::p256).public_jwk();
  json_object_set(off_curve.get(), "x", json_object_get(off_curve.get(), "y"));
  EXPECT_EQ(opened(with_epk(dump_json(off_curve.get())), key), "token_undecryptable");
  const auto zeros = base64url(std::string(32, '\0'));
  EXPECT_EQ(
      opened(with_epk(R"({"kty":"EC","crv":"P-256","x":")" + zeros + R"(","y":")" + zeros + "\"}"), key),
      "token_undecryptable");
}

TEST(JoseDecrypt, refuses_broken_headers_and_structures) {
  const Key key = secret_of(32);
  const auto token = *jose::encrypt(key, "dir", "A256GCM", nullptr, plaintext);
  auto with_header = [&](std::string_view header) {
    auto parts = parts_of(token);
    parts[0] = base64url(header);
    return join(parts);
  };
  EXPECT_EQ(opened(with_header(R"({"alg":"dir","enc":"A256GCM","crit":["x"]})"), key),
            "token_critical_header");
  EXPECT_EQ(opened(with_header(R"({"alg":"dir","enc":"A256GCM","enc":"A256GCM"})"), key),
            "token_duplicate_member");
  EXPECT_EQ(opened(with_header(R"({"alg":"dir","enc":"A256GCM","zip":"DEF"})"), key), "token_undecryptable");
  EXPECT_EQ(opened(with_header(R"({"alg":"dir","enc":"none"})"), key), "token_undecryptable");
  EXPECT_EQ(opened(with_header(R"({"alg":"dir"})"), key), "token_undecryptable");
  EXPECT_EQ(opened(with_header("[]"), key), "token_malformed");
  EXPECT_EQ(opened(token + ".", key), "token_malformed");
  EXPECT_EQ(opened(token + "=", key), "token_malformed");
  EXPECT_EQ(opened("a.b.c", key), "token_malformed");
  EXPECT_EQ(opened(std::string(jose::max_token + 1, '.'), key), "token_too_large");
  EXPECT_EQ(opened(jose_vectors::rfc7515_a3_jws, key), "token_malformed");
}

TEST(JoseDecrypt, looks_private_keys_up_by_kid_and_tries_each_without_one) {
  const Key right = key_of(test_keys::client_rsa_2048);
  const Key other = key_of(test_keys::other_rsa_2048);
  const Key half = *Key::from_jwk(right.public_jwk().get());
  Key nameless = key_of(test_keys::client_rsa_2048);
  nameless.set_kid("");
  const auto named = *jose::encrypt(right, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  const auto unnamed = *jose::encrypt(nameless, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  EXPECT_EQ(jose::decrypt(named, {&other, &right}, all_alg), plaintext);
  EXPECT_EQ(jose::decrypt(unnamed, {&other, &right}, all_alg), plaintext);
  EXPECT_EQ(jose::decrypt(named, {&other, &nameless}, all_alg).error().fault, Fault::token_undecryptable);
  EXPECT_EQ(jose::decrypt(named, {&half}, all_alg).error().fault, Fault::token_undecryptable);
  EXPECT_EQ(jose::decrypt(named, {}, all_alg).error().fault, Fault::token_undecryptable);
}

TEST(JoseDecrypt, tries_four_keys_at_most) {
  const Key right = key_of(test_keys::client_rsa_2048);
  const Key other = key_of(test_keys::other_rsa_2048);
  const Key small = key_of(test_keys::client_p256);
  Key nameless = key_of(test_keys::client_rsa_2048);
  nameless.set_kid("");
  const auto token = *jose::encrypt(nameless, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  const auto named = *jose::encrypt(right, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  const std::vector<const Key*> third{&other, &other, &small, &small, &small, &other, &right};
  const std::vector<const Key*> fifth{&other, &other, &other, &other, &right};
  EXPECT_EQ(jose::decrypt(token, third, all_alg), plaintext);  // what does not fit is not tried
  EXPECT_EQ(jose::decrypt(token, fifth, all_alg).error(), (Refusal{Fault::token_undecryptable}));
  EXPECT_EQ(jose::decrypt(named, fifth, all_alg), plaintext);
}

TEST(JoseDecrypt, knows_what_no_key_need_be_tried_for) {
  const Key key = key_of(test_keys::client_rsa_2048);
  const auto token = *jose::encrypt(key, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  const auto garbled =
      with_part(token, 1, [](const std::string& part) { return std::string(part.size(), 'x'); });
  EXPECT_TRUE(jose::check_decryptable(token, {&key}, all_alg));
  EXPECT_TRUE(jose::check_decryptable(garbled, {&key}, all_alg));
  const auto shorter = with_part(token, 1, [](const std::string& part) { return part.substr(1); });
  const Key other = key_of(test_keys::other_rsa_2048);
  for (const auto& [bad, tried] : {std::pair{shorter, &key}, std::pair{token, &other}}) {
    EXPECT_EQ(jose::check_decryptable(bad, {tried}, all_alg).error(),
              (Refusal{Fault::token_undecryptable, "no key fits it"}));
  }
  EXPECT_EQ(jose::check_decryptable(token, {&key}, {"ECDH-ES"}).error().fault, Fault::token_undecryptable);
}

TEST(JoseDecrypt, leaves_nothing_in_openssls_error_queue) {
  ERR_clear_error();
  const Key key = key_of(test_keys::client_rsa_2048);
  const auto token = *jose::encrypt(key, "RSA-OAEP", "A256GCM", nullptr, plaintext);
  EXPECT_EQ(opened(with_part(token, 1, [](const std::string&) { return std::string(256, 'x'); }), key),
            "token_undecryptable");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace slo::jose_encrypt_test
