// SPDX-License-Identifier: BSD-2-Clause
// Reads and writes application/x-www-form-urlencoded, bodies and queries alike.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/outcome.h"

namespace slo {

// The known parameters of a form, decoded. A parameter without a value counts as absent (OAuth 2.0,
// section 3.1).
class Form {
 public:
  // Keeps the parameters named in `known`, ignores all others. A known one that is sent twice is
  // Fault::parameter_repeated; a broken percent escape or a NUL in a known one is Fault::form_malformed.
  static Outcome<Form> read(std::string_view encoded, std::span<const std::string_view> known);

  std::optional<std::string> find(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_{};
};

// Percent-encodes everything but RFC 3986 unreserved characters: safe in a query, a form body and a path
// segment.
std::string encode_component(std::string_view value);

// Decodes percent escapes (`+` stays); nullopt for a broken escape.
std::optional<std::string> decode_component(std::string_view value);

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

// `a=1&b=2`, names and values encoded.
std::string encode_form(const Parameters& parameters);

}  // namespace slo
