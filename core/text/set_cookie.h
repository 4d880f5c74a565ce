// SPDX-License-Identifier: BSD-2-Clause
// Reads Set-Cookie headers as browsers do. RFC 6265bis, section 5.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/moment.h"

namespace slo {

struct CookiePair {
  std::string_view name{};
  std::string_view value{};
};

// Takes `name=value` and its semicolon from the front of `header`, without the blanks around them; no value
// where there is no `=`.
CookiePair take_cookie_pair(std::string_view& header);

// Do these attributes of a Set-Cookie header expire it? Max-Age goes before Expires, and the last of each
// counts.
bool is_cookie_expired(std::string_view attributes, TimeS now);

// The value that the cookie `name` has after an answer with these Set-Cookie headers: that of the last one
// that sets it. Those that expire it (an empty value, Max-Age of 0 or less, else Expires in the past) count
// for nothing: an OP clears what it has under other paths. Quotes stay, as in find_cookies().
std::optional<std::string_view> find_set_cookie(std::span<const std::string_view> headers,
                                                std::string_view name, TimeS now);

// Does one of them set or expire the cookie `name`?
bool has_set_cookie(std::span<const std::string_view> headers, std::string_view name);

// A date as cookies have it, in any of its historical spellings; nullopt where it is none.
std::optional<TimeS> read_cookie_date(std::string_view text);

}  // namespace slo
