// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 and its HMAC, in one place: OpenSSL looks the digest up once, not each time.
#include "core/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <memory>

namespace slo {
namespace {

struct DigestRelease {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

}  // namespace

std::string sha256(std::string_view bytes) {
  // Given back when the library that this is part of is unloaded, as nginx does with a module before it
  // exits.
  static const std::unique_ptr<EVP_MD, DigestRelease> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  std::string digest(sha256_size, '\0');
  const int done = EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                              nullptr, algorithm.get(), nullptr);
  if (done != 1) std::abort();  // an unfilled digest would give all sessions the same key
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(sha256_size, '\0');
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  if (done == nullptr) std::abort();  // an unfilled digest would give all browsers the same session
  return digest;
}

}  // namespace slo
