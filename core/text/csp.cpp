// SPDX-License-Identifier: BSD-2-Clause
// What a content security policy allows inline text by.
#include "core/text/csp.h"

#include <openssl/evp.h>

#include <array>

#include "core/digest.h"

namespace slo {

std::string csp_source_of(std::string_view text) {
  const std::string digest = sha256(text);
  std::array<unsigned char, 4 * ((sha256_size + 2) / 3) + 1> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(digest.data()),
                                     static_cast<int>(digest.size()));
  return "'sha256-" +
         std::string(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)) + "'";
}

}  // namespace slo
