// SPDX-License-Identifier: BSD-2-Clause
// The ids of applications: short, and the same on all hosts.
#include "core/provider/application.h"

#include "core/digest.h"
#include "core/text/base64url.h"

namespace slo {
namespace {

constexpr std::size_t longest_id = 63;
constexpr std::size_t digest_size = 22;  // 132 bits

}  // namespace

ClientId application_id(std::string_view name) {
  std::string id(application_prefix);
  if (id.size() + name.size() <= longest_id) return ClientId{id.append(name)};
  return ClientId{id.append("#").append(base64url(sha256(name)), 0, digest_size)};
}

}  // namespace slo
