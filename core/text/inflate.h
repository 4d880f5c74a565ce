// SPDX-License-Identifier: BSD-2-Clause
// What `Content-Encoding: gzip` or `deflate` packed (RFC 9110, 8.4.1), by zlib.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slo {

// nullopt: not whole, not packed that way, with something behind it, or more than `max` bytes in the end.
std::optional<std::string> inflate(std::string_view packed, std::size_t max);

}  // namespace slo
