// SPDX-License-Identifier: BSD-2-Clause
// What in a client's metadata is allowed, and yet hardly meant: for warnings of `nginx -t`.
//
// Unknown members must be ignored (RFC 7591, section 2), and are; only those that look like a known one
// written wrongly are pointed at, because such a client is never told of a logout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text/json.h"

namespace slo {

struct Doubt {
  std::string member{};
  std::string text{};  // a sentence that begins with the member's name in quotes
  friend bool operator==(const Doubt&, const Doubt&) = default;
};

enum class MemberKind : std::uint8_t { text, flag, list, object };

// How a known member is written; nullopt for unknown ones.
std::optional<MemberKind> kind_of_member(std::string_view name) noexcept;

// `metadata` is one client's object that read_client() accepts. `is_https`: is the issuer https?
std::vector<Doubt> doubts_about(const json_t* metadata, bool is_https);

// The same of a whole array that read_clients() accepts; each text begins with "line:column: ".
// The first twenty, and how many more there are: each takes a look at the whole text.
std::vector<std::string> doubts_about_clients(std::string_view text, bool is_https);

}  // namespace slo
