// SPDX-License-Identifier: BSD-2-Clause
// What editors and systems put around the text of a file, and is no part of it.
#pragma once

#include <string_view>

namespace slo {

// Less the byte order mark that some editors write before UTF-8.
std::string_view without_mark(std::string_view text) noexcept;
// Less the line ends at its end, LF or CRLF.
std::string_view without_line_ends(std::string_view text) noexcept;

}  // namespace slo
