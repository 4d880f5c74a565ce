// SPDX-License-Identifier: BSD-2-Clause
// base64url without padding, one spelling per value. RFC 4648, section 5; RFC 7515, section 2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slo {

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);  // strict: no padding, canonical

}  // namespace slo
