// SPDX-License-Identifier: BSD-2-Clause
// The skin over Jansson: owned values, duplicate members refused, positions in messages.
#pragma once

#include <jansson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/outcome.h"

namespace slo {

struct JsonRelease {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonRelease>;  // owns one reference

// Parses a whole document (any JSON value). Duplicate members, trailing bytes, NUL in strings, more than 64
// levels of nesting and invalid UTF-8 are Fault::json_malformed; the detail opens with "line:column: ".
Outcome<Json> parse_json(std::string_view text);
// As above, with more of Jansson's JSON_… flags.
Outcome<Json> parse_json_by(std::string_view text, std::size_t flags);
// Was it a member that stands twice that parse_json refused?
bool is_for_duplicate_member(const Refusal& refusal) noexcept;

// Compact, keys in insertion order.
std::string dump_json(const json_t* value);

// `line:column` where member `member` of the `index`-th object of a top-level array stands in `text`
// (`member` empty: where that object begins); for messages about a document that parsed well. Where the
// object begins if it has no such member, "1:1" if there is no such object.
std::string position_in_array(std::string_view text, std::size_t index, std::string_view member);

// Does a value within `level` others nest deeper than parse_json() reads?
bool is_too_deep(std::string_view value, int level) noexcept;

bool is_json_blank(char c) noexcept;
// The offset behind the string that opens at `at`, or the end of the text.
std::size_t behind_json_string(std::string_view text, std::size_t at) noexcept;

// Members of an object; nullopt where absent or of another type.
std::optional<std::string> string_member(const json_t* object, const char* name);
std::optional<long long> integer_member(const json_t* object, const char* name);
bool has_member(const json_t* object, const char* name);

Json make_string(std::string_view value);  // never null for valid UTF-8; JSON null otherwise

}  // namespace slo
