// SPDX-License-Identifier: BSD-2-Clause
// Opens tokens that others have encrypted to us, with the provider's decryption keys.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome.h"
#include "core/provider/provider.h"

namespace slo {

// Two halves: what costs next to nothing, and what makes a private key work, for good part of a millisecond
// and more. The second may run in any thread; what it gives is a token that is signed only. REQUIRES:
// jose::is_encrypted(token).
Outcome<void> check_encrypted(const Provider& provider, std::string_view token);
Outcome<std::string> open_encrypted(const Provider& provider, std::string_view token);

// The signed token that it is, or that is in it. What it holds nobody has verified.
Outcome<std::string> signed_token(const Provider& provider, std::string_view token);

}  // namespace slo
