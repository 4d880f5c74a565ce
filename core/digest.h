// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 and its HMAC, in one place: OpenSSL looks the digest up once, not each time. FIPS 180-4, RFC 2104.
#pragma once

#include <string>
#include <string_view>

namespace slo {

inline constexpr std::size_t sha256_size = 32;  // bytes

std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes
std::string sha256(std::string_view bytes);

}  // namespace slo
