// SPDX-License-Identifier: BSD-2-Clause
// What of somebody's text may stand in a message: nothing that may be a secret, nothing unprintable.
#pragma once

#include <string>
#include <string_view>

namespace slo {

// A URI, well-formed or not, as a message may show it: what stands before an @ (user and password, wherever
// the author misplaced them) and the query are `...`, unprintable bytes are `?`, at most 123 bytes.
std::string showable_uri(std::string_view text);

// May a word of a configuration line be shown, or may it be a secret in the wrong place? Names are of lower
// case letters and `_`; passwords hardly ever.
bool is_showable_name(std::string_view word) noexcept;

// The same where no secret is written: is it a short word that is printable?
bool is_showable_word(std::string_view word) noexcept;

}  // namespace slo
