// SPDX-License-Identifier: BSD-2-Clause
// What a content security policy allows inline text by. Content Security Policy Level 3, 2.3.1.
#pragma once

#include <string>
#include <string_view>

namespace slo {

// `'sha256-…'` of the text between the tags of a script or style.
std::string csp_source_of(std::string_view text);

}  // namespace slo
