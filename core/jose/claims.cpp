// SPDX-License-Identifier: BSD-2-Clause
// Reads what stands in every JWT alike.
#include "core/jose/claims.h"

#include "core/text/words.h"

namespace slo::jose {

std::vector<std::string> audiences_of(const json_t* claims) {
  const json_t* aud = json_object_get(claims, "aud");
  if (const auto single = string_member(claims, "aud")) return {*single};
  std::vector<std::string> audiences;
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    const json_t* value = json_array_get(aud, i);
    if (!json_is_string(value)) return {};
    audiences.emplace_back(json_string_value(value), json_string_length(value));
  }
  return audiences;
}

std::optional<double> date_of(const json_t* claims, const char* name) {
  const json_t* value = json_object_get(claims, name);
  if (!json_is_number(value)) return std::nullopt;
  return json_number_value(value);
}

bool has_type(const json_t* header, std::string_view typ) {
  constexpr std::string_view prefix = "application/";
  const std::string said = string_member(header, "typ").value_or("");
  const std::string_view type = said;
  if (is_same_word(type.substr(0, prefix.size()), prefix)) {
    return is_same_word(type.substr(prefix.size()), typ);
  }
  return is_same_word(type, typ);
}

}  // namespace slo::jose
