// SPDX-License-Identifier: BSD-2-Clause
// Where the next page of a user's sessions begins: opaque to callers, read and written here.
#pragma once

#include <optional>
#include <string_view>

#include "core/admin/api.h"

namespace slo {

// A place in the subject's index; nullopt: none of ours.
std::optional<unsigned> read_offset(std::string_view cursor);

// Of pages after the first: their place, and when the first was asked for. False: none of ours.
bool read_place(std::string_view cursor, api::EndSessionsOf& command);

}  // namespace slo
