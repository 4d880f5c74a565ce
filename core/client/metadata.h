// SPDX-License-Identifier: BSD-2-Clause
// Reads members of a client's metadata, each either absent, of the right type, or refused with a sentence.
//
// A sentence names the member, shows its value where that is no secret, and says what to write instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "core/text/json.h"

namespace slo {

struct MetadataError {
  std::string member{};  // the offending member, empty for the object itself
  Refusal refusal;       // client_metadata_invalid or redirect_uri_invalid; the detail is a sentence naming
                         // member, value and remedy
};

}  // namespace slo

namespace slo::metadata {

template <class T>
using Read = tl::expected<T, MetadataError>;
using Done = Read<void>;

// `"member" why`
tl::unexpected<MetadataError> blame(std::string_view member, std::string_view why,
                                    Fault fault = Fault::client_metadata_invalid);
// `"member" "value" why`. The value is cut when long, without control characters, and without what may be a
// secret in a URI: user name, password and query.
tl::unexpected<MetadataError> blame_value(std::string_view member, std::string_view value,
                                          std::string_view why, Fault fault = Fault::client_metadata_invalid);

Read<std::optional<std::string>> optional_string(const json_t* metadata, const char* member);
Read<bool> boolean_or(const json_t* metadata, const char* member, bool otherwise);
Read<std::vector<std::string>> strings(const json_t* metadata, const char* member);  // empty where absent

// The member, or null where it is absent or JSON's null.
const json_t* find(const json_t* metadata, const char* member);

}  // namespace slo::metadata
