// SPDX-License-Identifier: BSD-2-Clause
// What the claims and headers of every JWT are written like: audiences, dates, types. RFC 7519, 4.1 and 5.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json.h"

namespace slo::jose {

// The values of `aud`, a string or an array of strings. Nothing where any of it is no string: such an aud is
// nobody's.
std::vector<std::string> audiences_of(const json_t* claims);

// A NumericDate, which may have a fraction (RFC 7519, section 2); nullopt where it is absent or no number.
std::optional<double> date_of(const json_t* claims, const char* name);

// Does the header say `typ`, in whatever case, with or without `application/` in front (RFC 7515, 4.1.9)?
bool has_type(const json_t* header, std::string_view typ);

}  // namespace slo::jose
