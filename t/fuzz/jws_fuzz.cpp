// SPDX-License-Identifier: BSD-2-Clause
// Signed tokens: only what a key has signed is accepted, under the algorithm that the caller pinned, to the
// bit.
#include "core/text/base64url.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::string_view algorithm_names[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                                                "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA"};

bool is_deterministic(jose::Algorithm algorithm) {
  const auto name = jose::name_of(algorithm);
  return !name.starts_with("PS") && !name.starts_with("ES");
}

std::vector<const jose::Key*> all_keys() {
  std::vector<const jose::Key*> keys;
  for (const auto& signer : signers()) keys.push_back(&signer.key);
  return keys;
}

// What was accepted, signed once more: where a signature has one spelling only it must be the same token.
bool could_be_ours(const std::string& token, const jose::Parsed& parsed, jose::Algorithm algorithm) {
  const auto first_dot = token.find('.');
  const auto payload = from_base64url(token.substr(first_dot + 1, token.rfind('.') - first_dot - 1));
  for (const auto& signer : signers()) {
    if (!signer.key.fits(algorithm)) continue;
    const auto again = jose::sign(signer.key, algorithm, parsed.header.get(), *payload);
    // sign() writes its own kid and order of members: the comparison is for what these have in common.
    if (again && again->substr(0, again->rfind('.')) == token.substr(0, token.rfind('.')))
      return *again == token;
  }
  return true;
}

void verify_anything(const std::string& token) {
  const auto peeked = peek(token);
  promise(!peeked || token.size() <= jose::max_token, "a token has a limit");
  for (const auto name : algorithm_names) {
    const auto algorithm = *jose::read_algorithm(name);
    const auto verified = jose::verify(token, all_keys(), algorithm);
    if (!verified) continue;
    promise(peeked.has_value(), "what verifies can be taken apart");
    promise(string_member(verified->header.get(), "alg") == name,
            "a token is verified by the algorithm it names");
    promise(is_same_json(verified->claims.get(), peeked->claims.get()), "what is verified is what was sent");
    promise(!has_member(verified->header.get(), "crit"), "no critical extension is ignored");
    if (is_deterministic(algorithm))
      promise(could_be_ours(token, *verified, algorithm), "a signature has one spelling");
  }
}

// A header as sign() takes it: an object, or none.
Json header_of(const std::string& text) {
  auto header = parse_json(text);
  if (!header || !json_is_object(header->get())) return Json{};
  return *std::move(header);
}

bool is_acceptable(const Json& header, const std::string& payload) {
  if (header && has_member(header.get(), "crit")) return false;
  const auto claims = parse_json(payload);
  return claims && json_is_object(claims->get());
}

void sign_and_tamper(Input& input) {
  const auto& signer = signers()[input.below(signers().size())];
  const auto header = header_of(input.text());
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  const auto payload = input.rest();
  const auto token = jose::sign(signer.key, signer.algorithm, header.get(), payload);
  if (!token) return;
  const auto verified = jose::verify(*token, all_keys(), signer.algorithm);
  promise(verified.has_value() == (is_acceptable(header, payload) && token->size() <= jose::max_token),
          "what was signed is verified, if its content is a token's");
  if (verified) {
    const auto claims = parse_json(payload);
    promise(is_same_json(verified->claims.get(), claims->get()), "and says what was signed");
  }
  const auto tampered = with_one_bit_changed(tampering, *token);
  promise(!jose::verify(tampered, all_keys(), signer.algorithm),
          "a token with one bit changed is never accepted");
  for (const auto& other : signers()) {
    if (other.algorithm == signer.algorithm) continue;
    promise(!jose::verify(*token, all_keys(), other.algorithm), "no other algorithm accepts it");
  }
  promise(!jose::verify(*token + "A", all_keys(), signer.algorithm), "nothing may trail");
  promise(!jose::verify(token->substr(0, token->rfind('.') + 1), all_keys(), signer.algorithm),
          "no signature is none");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::sign_and_tamper(input);
  slo::fuzz::verify_anything(input.rest());
}
