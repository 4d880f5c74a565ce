// SPDX-License-Identifier: BSD-2-Clause
// Encrypted tokens: what was sealed opens to itself, for the right key and nobody else, and not with one bit
// changed.
#include <array>

#include "core/text/base64url.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

struct Row {
  std::string_view alg;
  std::string_view enc;
};
// Each key management with some content encryption, and each content encryption.
constexpr std::array<Row, 11> rows{{{"dir", "A256GCM"},
                                    {"dir", "A128CBC-HS256"},
                                    {"dir", "A256CBC-HS512"},
                                    {"dir", "A128GCM"},
                                    {"dir", "A192CBC-HS384"},
                                    {"dir", "A192GCM"},
                                    {"A128KW", "A128CBC-HS256"},
                                    {"A192KW", "A192GCM"},
                                    {"A256KW", "A256GCM"},
                                    {"ECDH-ES", "A128CBC-HS256"},
                                    {"RSA-OAEP", "A256GCM"}}};
const std::vector<std::string_view> every_alg{"RSA-OAEP", "RSA1_5", "ECDH-ES", "A128KW",
                                              "A192KW",   "A256KW", "dir"};

const std::vector<jose::Key>& row_keys() {
  static const std::vector<jose::Key> keys = [] {
    std::vector<jose::Key> made;
    const auto secret = secret_key(shared_secret);
    for (const auto& row : rows) {
      if (row.alg == "ECDH-ES") {
        made.push_back(a_key(test_keys::client_p256));
      } else if (row.alg == "RSA-OAEP") {
        made.push_back(a_key(test_keys::client_rsa_2048));
      } else {
        made.push_back(granted(jose::encryption_key_of(secret, row.alg, row.enc)));
      }
    }
    return made;
  }();
  return keys;
}

std::vector<const jose::Key*> every_key() {
  std::vector<const jose::Key*> keys;
  for (const auto& key : row_keys()) keys.push_back(&key);
  return keys;
}

bool is_header(const json_t* header) {
  return header == nullptr ||
         (json_is_object(header) && !has_member(header, "crit") && !has_member(header, "zip") &&
          !has_member(header, "apu") && !has_member(header, "apv") && !has_member(header, "epk"));
}

void seal_and_open(Input& input) {
  const auto at = input.below(rows.size());
  const auto& [alg, enc] = rows[at];
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  auto header = parse_json(input.text());
  if (!header || !json_is_object(header->get())) header = Json{};
  const auto plaintext = input.rest();
  if (!is_header(header->get())) return;  // members that cjose or RFC 7516 give a meaning of their own
  const auto token = jose::encrypt(row_keys()[at], alg, enc, header->get(), plaintext);
  if (!token || token->size() > jose::max_token) return;
  promise(jose::is_encrypted(*token), "an encrypted token has five parts");
  const auto opened = jose::decrypt(*token, every_key(), {alg});
  promise(opened && *opened == plaintext, "what was sealed opens to itself");
  promise(!jose::decrypt(*token, every_key(), {alg == "dir" ? "A256KW" : "dir"}),
          "the allowed algorithms are the caller's");
  const auto tampered = with_one_bit_changed(tampering, *token);
  promise(!jose::decrypt(tampered, every_key(), {alg}), "a token with one bit changed does not open");
  const auto peer_mismatch = a_key(test_keys::p256);
  promise(!jose::decrypt(*token, {&peer_mismatch}, every_alg), "it does not open for a stranger");
}

// Five parts of the fuzzer's own making, each spelled as it should be, so that what comes behind base64url is
// reached.
std::string token_of_parts(Input& input) {
  std::string token = base64url(input.text());
  for (int i = 0; i < 4; ++i) token += "." + base64url(input.text());
  return token;
}

void open_anything(const std::string& token) {
  const auto opened = jose::decrypt(token, every_key(), every_alg);
  if (!opened) {
    promise(opened.error().detail.find(token) == std::string::npos || token.size() < 40,
            "a refusal does not quote the token");
    return;
  }
  promise(token.size() <= jose::max_token && opened->size() <= token.size(), "nothing is blown up");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  switch (input.below(3)) {
    case 0:
      return slo::fuzz::seal_and_open(input);
    case 1:
      return slo::fuzz::open_anything(slo::fuzz::token_of_parts(input));
    default:
      return slo::fuzz::open_anything(input.rest());
  }
}
