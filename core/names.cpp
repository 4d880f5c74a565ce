// SPDX-License-Identifier: BSD-2-Clause
// What may be stored as a name, and what stands for a secret where the secret itself must not appear.
#include "core/names.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/jose.h"
#include "core/text/json.h"

namespace slo {
namespace {

using Sha256 = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Sha256 sha256(std::string_view text) {
  Sha256 digest{};
  SHA256(bytes_of(text), text.size(), digest.data());
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
  Sha256 digest{};
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
                          digest.data(), nullptr);
  if (done == nullptr) std::abort();  // an unfilled digest would give all browsers the same session
  return digest;
}

}  // namespace

bool is_storable(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 255 &&
         std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20; }) &&
         json_is_string(make_string(value).get());
}

std::string fingerprint(std::string_view secret) {
  return jose::base64url(text_of(sha256(secret)).substr(0, 6));
}

CookieDigest digest_cookie(std::string_view key, std::string_view cookie) {
  const Sha256 digest = key.empty() ? sha256(cookie) : hmac_sha256(key, cookie);
  return CookieDigest{std::string(text_of(digest).substr(0, 16))};
}

}  // namespace slo
