// SPDX-License-Identifier: BSD-2-Clause
// Which keys open a token, and by which algorithms.
#include "core/provider/encrypted_token.h"

#include <vector>

#include "core/jose/jose.h"

namespace slo {
namespace {

using OpeningKeys = std::vector<const jose::Key*>;

// Not RSA1_5, whose padding makes a decrypting server an oracle, and not dir: tokens are encrypted to us by
// others.
std::vector<std::string_view> opening_algorithms() {
  return {"RSA-OAEP", "ECDH-ES", "A128KW", "A192KW", "A256KW"};
}

Outcome<OpeningKeys> opening_keys(const Provider& provider, std::string_view token) {
  if (token.size() > jose::max_token) return refuse(Fault::token_too_large);
  OpeningKeys keys;
  for (const auto& key : provider.decryption_keys) keys.push_back(&key);
  if (keys.empty()) return refuse(Fault::token_undecryptable, "no decryption key is configured");
  return keys;
}

}  // namespace

Outcome<void> check_encrypted(const Provider& provider, std::string_view token) {
  return opening_keys(provider, token).and_then([&](const OpeningKeys& keys) {
    return jose::check_decryptable(token, keys, opening_algorithms());
  });
}

Outcome<std::string> open_encrypted(const Provider& provider, std::string_view token) {
  const auto keys = opening_keys(provider, token);
  if (!keys) return refuse(keys.error());
  auto opened = jose::decrypt(token, *keys, opening_algorithms());
  if (opened && jose::is_encrypted(*opened)) return refuse(Fault::token_malformed, "encrypted twice");
  return opened;
}

Outcome<std::string> signed_token(const Provider& provider, std::string_view token) {
  if (!jose::is_encrypted(token)) return std::string(token);
  return open_encrypted(provider, token);
}

}  // namespace slo
