// SPDX-License-Identifier: BSD-2-Clause
// Cuts the random bytes of one moment into independent nonces.
#include "core/moment.h"

#include <cassert>
#include <string_view>

#include "core/text/base64url.h"

namespace slo {

std::string nonce(const Moment& moment, std::size_t which) {
  constexpr std::size_t width = 16;
  assert(which < std::tuple_size_v<decltype(moment.random)> / width);
  const auto* bytes = reinterpret_cast<const char*>(moment.random.data());
  return base64url(std::string_view(bytes + which * width, width));
}

}  // namespace slo
