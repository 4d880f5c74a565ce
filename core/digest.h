// SPDX-License-Identifier: BSD-2-Clause
// SHA-256, in one place: OpenSSL looks the algorithm up once, not each time. FIPS 180-4.
#pragma once

#include <string>
#include <string_view>

namespace slo {

inline constexpr std::size_t sha256_size = 32;  // bytes

std::string sha256(std::string_view bytes);

}  // namespace slo
