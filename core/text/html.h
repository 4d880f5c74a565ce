// SPDX-License-Identifier: BSD-2-Clause
// Escapes text for HTML: the only place that does.
#pragma once

#include <string>
#include <string_view>

namespace slo {

// Safe as element text and inside a double-quoted attribute; control characters become U+FFFD.
std::string escape_html(std::string_view text);

}  // namespace slo
