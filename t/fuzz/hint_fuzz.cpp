// SPDX-License-Identifier: BSD-2-Clause
// The id_token_hint: claims of the fuzzer's making, rightly signed (and encrypted), are accepted only if each
// rule holds; a second reading of the claims, written apart from the first, says which.
#include "core/op/hint.h"

#include <algorithm>
#include <cmath>

#include "t/core/op/hint_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

const Provider& provider_of_the_cast() {
  static const Provider provider = [] {
    Provider made = a_provider();
    made.signing_keys.push_back(a_key(test_keys::p256));
    made.decryption_keys.push_back(a_key(test_keys::client_rsa_2048));
    made.decryption_keys.push_back(a_key(test_keys::client_p256));
    auto& shared = client_of(made, "app-a");
    shared.id_token_signed_response_alg = jose::Algorithm::HS256;
    shared.secret = secret_key(shared_secret);
    client_of(made, "app-b").id_token_signed_response_alg = jose::Algorithm::ES256;
    return made;
  }();
  return provider;
}

bool is_audience(const json_t* claims, const std::string& id) {
  const json_t* aud = json_object_get(claims, "aud");
  if (json_is_string(aud)) return string_member(claims, "aud") == id;
  bool found = false;
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    const json_t* one = json_array_get(aud, i);
    if (!json_is_string(one)) return false;
    found = found || std::string(json_string_value(one), json_string_length(one)) == id;
  }
  return found;
}

void check_claims(const Hint& hint, const json_t* claims, const Moment& moment) {
  const Provider& provider = provider_of_the_cast();
  promise(hint.client != nullptr && provider.find(hint.client->id) == hint.client,
          "a hint's client is registered");
  promise(string_member(claims, "iss") == provider.issuer.value, "a hint is of this issuer");
  promise(is_audience(claims, hint.client->id.value), "a hint's client is in its audience");
  promise(string_member(claims, "sub") == hint.sub.value && is_storable(hint.sub.value),
          "a hint has its sub");
  promise(hint.sid.has_value() == has_member(claims, "sid"), "a sid is read if it is there");
  if (hint.sid)
    promise(string_member(claims, "sid") == hint.sid->value && is_storable(hint.sid->value), "and as it is");
  promise(!has_member(claims, "events"), "a logout token is no hint");
  const double now = static_cast<double>(moment.seconds().time_since_epoch().count());
  const double issued = json_number_value(json_object_get(claims, "iat"));
  const double expires = json_number_value(json_object_get(claims, "exp"));
  promise(std::isfinite(issued) && std::isfinite(expires), "dates are numbers");
  promise(issued <= now + 60 && issued + 30.0 * 24 * 3600 + 60 >= now,
          "a hint is of the past, and not too old");
  promise(hint.expired == (expires + 60 <= now), "expiry is told");
}

void verify(const std::string& token, const std::string& sent_client, const json_t* claims) {
  const Provider& provider = provider_of_the_cast();
  const auto moment = a_moment();
  const auto client_id = sent_client.empty() ? std::nullopt : std::optional(sent_client);
  const auto hint = verify_hint(provider, token, client_id, moment);
  if (hint) {
    promise(claims != nullptr, "nothing that was not signed is a hint");
    check_claims(*hint, claims, moment);
    promise(
        verify_hint(provider, token, client_id, a_moment(std::chrono::hours{31 * 24})).has_value() == false,
        "a month later it is a hint no more");
    return;
  }
  const auto& detail = hint.error().detail;
  const auto sub = claims == nullptr ? std::string() : string_member(claims, "sub").value_or("");
  promise(sub.size() < 24 || detail.find(sub) == std::string::npos, "no sub stands in a detail");
}

std::string encrypted_to_us(const std::string& token, bool with_rsa) {
  const auto& key = provider_of_the_cast().decryption_keys[with_rsa ? 0 : 1];
  return granted(jose::encrypt(key, with_rsa ? "RSA-OAEP" : "ECDH-ES", "A128CBC-HS256", nullptr, token));
}

// Half of the time members that replace those of a good hint, else all of the claims.
std::string claims_of(bool whole, const std::string& text) {
  const auto json = parse_json(text);
  return whole || !json || !json_is_object(json->get()) ? text : id_token_claims(text);
}

void sign_and_verify(Input& input) {
  const auto how = input.byte();
  const auto& signer = signers()[input.below(4)];
  auto header = parse_json(input.text());
  if (!header || !json_is_object(header->get())) header = Json{};
  const auto sent_client = input.text();
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  const auto payload = claims_of((how & 1) != 0, input.rest());
  const auto token = jose::sign(signer.key, signer.algorithm, header->get(), payload);
  if (!token) return;
  const auto claims = parse_json(payload);
  const json_t* signed_claims = claims && json_is_object(claims->get()) ? claims->get() : nullptr;
  const bool seals = (how & 6) == 2 && token->size() < 8000;
  verify(seals ? encrypted_to_us(*token, (how & 8) != 0) : *token, sent_client, signed_claims);
  verify(with_one_bit_changed(tampering, *token), sent_client, nullptr);
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::sign_and_verify(input);
  const auto sent_client = input.text();
  const auto token = input.rest();
  const auto peeked = slo::peek(token);
  slo::fuzz::verify(token, sent_client, peeked ? peeked->claims.get() : nullptr);
}
