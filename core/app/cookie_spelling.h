// SPDX-License-Identifier: BSD-2-Clause
// One spelling for what servers read as one cookie, however a request writes it.
//
// Frameworks undo percent escapes (PHP, Node), and backslashes within quotes (Python); they drop blanks of
// all kinds around names and values (Python again), take `.`, a blank and `[` in names for `_`, and `+` for a
// blank (PHP), and names in capitals for the same (ASP.NET).
#pragma once

#include <string>
#include <string_view>

namespace slo {

// Without what some server drops around it: controls and blanks, of Latin-1 and of UTF-8 as well.
std::string_view bare(std::string_view text) noexcept;

std::string plain_name(std::string_view name);
std::string plain_value(std::string_view value);

// As servers read them, is `name` the pattern, or does it begin so (`app*`)? Without an allocation where no
// escape is in the name.
bool is_spelling_of(std::string_view pattern, std::string_view name);

}  // namespace slo
