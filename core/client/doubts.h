// SPDX-License-Identifier: BSD-2-Clause
// What in a client's metadata is allowed, and yet hardly meant: for warnings of `nginx -t`.
//
// Unknown members must be ignored (RFC 7591, section 2), and are; only those that look like a known one
// written wrongly are pointed at, because such a client is never told of a logout.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
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

// Many clients have the same members: what an unknown one may mean is found out once.
class ClientDoubts {
 public:
  explicit ClientDoubts(bool is_https) : is_https_(is_https) {}  // the issuer is

  // `metadata` is one client's object that read_client() accepts.
  std::vector<Doubt> about(const json_t* metadata);

 private:
  bool is_https_;
  std::unordered_map<std::string, std::string> unknown_{};  // member, and what is said of it; empty: nothing
};

}  // namespace slo
