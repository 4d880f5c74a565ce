// SPDX-License-Identifier: BSD-2-Clause
// Key sets, JWKs and PEM: what is published of a key has no secret in it and is read as the same key; a
// private key signs what its public half verifies.
#include <array>

#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array secret_members{"d", "p", "q", "dp", "dq", "qi", "k", "oth"};

void sign_with(const jose::Key& key, const jose::Key& public_half) {
  const auto algorithm = key.natural_algorithm();
  if (!key.is_private() || !key.fits(algorithm)) return;
  const auto token = jose::sign(key, algorithm, nullptr, "{}");
  promise(token.has_value(), "a private key that fits signs");
  promise(jose::verify(*token, {&public_half}, algorithm).has_value() || !public_half.fits(algorithm),
          "the public half verifies it");
}

void publish(const jose::Key& key) {
  const Json published = key.public_jwk();
  for (const char* member : secret_members)
    promise(!has_member(published.get(), member), "nothing secret is published");
  const auto again = jose::Key::from_jwk(published.get());
  if (string_member(published.get(), "kty") == "oct") {
    promise(!again, "of a secret nothing is published that makes a key");
    return;
  }
  promise(again.has_value(), "a published key is a key");
  promise(!again->is_private() && again->secret_digest("x").empty(), "and a public one");
  promise(again->kid() == key.kid(), "with the same kid");
  promise(is_same_json(again->public_jwk().get(), published.get()), "and is published as the same");
  sign_with(key, *again);
}

void read_set(const std::string& text) {
  const auto set = jose::KeySet::parse(text);
  const auto document = parse_json(text);
  if (!set) {
    promise(set.error().fault == Fault::key_unusable, "a document that is no key set is refused as such");
    return;
  }
  promise(set->keys().size() + set->left_out() == json_array_size(json_object_get(document->get(), "keys")),
          "each key is taken or counted as left out");
  for (const auto& key : set->keys()) {
    promise(string_member(key.public_jwk().get(), "kty") != "oct", "no secret is taken from a set");
    publish(key);
  }
}

void read_one(const std::string& text) {
  const auto document = parse_json(text);
  if (!document) return;
  const auto key = jose::Key::from_jwk(document->get());
  if (key) publish(*key);
}

void read_pem(const std::string& text) {
  const auto key = jose::Key::from_pem(text);
  if (!key) return;
  promise(key->is_private(), "a PEM file holds a private key");
  publish(*key);
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  switch (input.below(3)) {
    case 0:
      return slo::fuzz::read_set(input.rest());
    case 1:
      return slo::fuzz::read_one(input.rest());
    default:
      return slo::fuzz::read_pem(input.rest());
  }
}
