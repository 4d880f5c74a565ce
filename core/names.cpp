// SPDX-License-Identifier: BSD-2-Clause
// What may be stored as a name, and what stands for a secret where the secret itself must not appear.
#include "core/names.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>

#include "core/digest.h"
#include "core/jose.h"

namespace slo {
namespace {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(sha256_size, '\0');
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  if (done == nullptr) std::abort();  // an unfilled digest would give all browsers the same session
  return digest;
}

}  // namespace

bool is_storable(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 255 &&
         std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

std::string fingerprint(std::string_view secret) { return jose::base64url(sha256(secret).substr(0, 6)); }

CookieDigest digest_cookie(std::string_view key, std::string_view cookie) {
  return CookieDigest{(key.empty() ? sha256(cookie) : hmac_sha256(key, cookie)).substr(0, 16)};
}

}  // namespace slo
