// SPDX-License-Identifier: BSD-2-Clause
// Reads members of a client's metadata and words what is wrong with them.
#include "core/client/metadata.h"

#include "core/text/showable.h"

namespace slo::metadata {
tl::unexpected<MetadataError> blame(std::string_view member, std::string_view why, Fault fault) {
  std::string detail = '"' + std::string(member) + "\" " + std::string(why);
  return tl::unexpected<MetadataError>({std::string(member), {fault, std::move(detail)}});
}

tl::unexpected<MetadataError> blame_value(std::string_view member, std::string_view value,
                                          std::string_view why, Fault fault) {
  return blame(member, '"' + showable_uri(value) + "\" " + std::string(why), fault);
}

const json_t* find(const json_t* metadata, const char* member) {
  const json_t* found = json_object_get(metadata, member);
  return json_is_null(found) ? nullptr : found;
}

Read<std::optional<std::string>> optional_string(const json_t* metadata, const char* member) {
  if (find(metadata, member) == nullptr) return std::nullopt;
  std::optional<std::string> value = string_member(metadata, member);
  if (!value) return blame(member, "must be a string");
  return value;
}

Read<bool> boolean_or(const json_t* metadata, const char* member, bool otherwise) {
  const json_t* found = find(metadata, member);
  if (found == nullptr) return otherwise;
  if (!json_is_boolean(found)) return blame(member, "must be true or false, without quotes");
  return json_is_true(found);
}

Read<std::vector<std::string>> strings(const json_t* metadata, const char* member) {
  std::vector<std::string> values;
  const json_t* found = find(metadata, member);
  if (found == nullptr) return values;
  if (!json_is_array(found)) return blame(member, "must be an array of strings");
  for (std::size_t i = 0; i < json_array_size(found); ++i) {
    const json_t* element = json_array_get(found, i);
    if (!json_is_string(element)) return blame(member, "must be an array of strings");
    values.emplace_back(json_string_value(element), json_string_length(element));
  }
  return values;
}

}  // namespace slo::metadata
