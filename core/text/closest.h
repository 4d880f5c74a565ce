// SPDX-License-Identifier: BSD-2-Clause
// Which of the known words was meant by one that is not known: for messages that ask "did you mean".
#pragma once

#include <string_view>
#include <vector>

namespace slo {

// The known word that is fewest edits away (a letter added, left out or changed, two neighbours swapped), at
// most two, and one for words of up to four letters; empty where none is. The first of several.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace slo
