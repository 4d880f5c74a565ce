// SPDX-License-Identifier: BSD-2-Clause
// SHA-256, in one place: OpenSSL looks the algorithm up once, not each time.
#include "core/digest.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace slo {

std::string sha256(std::string_view bytes) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(sha256_size, '\0');
  const int done = EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                              nullptr, algorithm, nullptr);
  if (done != 1) std::abort();  // an unfilled digest would give all sessions the same key
  return digest;
}

}  // namespace slo
