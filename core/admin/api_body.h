// SPDX-License-Identifier: BSD-2-Clause
// What the body of a registration says.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/outcome.h"
#include "core/participation/participation.h"

namespace slo {

// api_body_invalid with a sentence for the caller; a member that nobody knows is refused, since it may be one
// that was meant otherwise and would be missed.
Outcome<Participation> read_participation(std::string_view body);

// `"absolut" is unknown, did you mean "absolute"?`, for a `kind` of word (member, parameter). A word that
// looks like no name is not repeated: who knows what it is.
std::string unknown_name(std::string_view kind, std::string_view word,
                         std::span<const std::string_view> known);

}  // namespace slo
