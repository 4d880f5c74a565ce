// SPDX-License-Identifier: BSD-2-Clause
// Changes a few members of somebody's JSON document and leaves every other byte of it as it is.
//
// What is read and written again loses what the reader does not know: digits, spellings, blanks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/json.h"

namespace slo {

// A document whose text is kept, not its values: as parse_json(), but numbers may have any number of digits
// and strings a NUL.
Outcome<Json> parse_kept_json(std::string_view text);

// A member of an object: its name, without escapes, and where in the text its value stands.
struct JsonMember {
  std::string name{};
  std::size_t from = 0, to = 0;
};

// Of the object that `text` is, in their order. REQUIRES: parse_kept_json() has taken `text`, an object.
std::vector<JsonMember> members_of(std::string_view text);

// `object` with these members, names → JSON: those that it has are changed where they stand, the others stand
// behind all of its own. REQUIRES: as above; names of ASCII letters and `_`.
using JsonTexts = std::vector<std::pair<std::string_view, std::string>>;
std::string with_members(std::string_view object, const JsonTexts& members);

// `object` with `elements` at the end of the array that its member `name` is. REQUIRES: as above; there is
// one.
std::string with_elements(std::string_view object, std::string_view name,
                          const std::vector<std::string>& elements);

}  // namespace slo
