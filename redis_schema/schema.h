// SPDX-License-Identifier: BSD-2-Clause
// What a host and a store agree on before anything is stored: the schema's version, and who is behind a tag.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

inline constexpr std::string_view schema_version = "2";

// An issuer that this host serves.
struct Tenant {
  std::string tag{};  // store_tag(issuer)
  std::string issuer{};
  std::string name{};  // of its provider, for messages
};

struct Agreement {
  std::string store_id{};  // random, the same as long as the store keeps what it was told
  bool fresh = false;      // this call wrote the schema: there was none
  std::vector<std::string>
      foreign{};  // tags of ours behind which another issuer was first: they are not ours
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// `new_id` becomes the store's if it has none. Also asks whether the server takes writes: a replica refuses.
// store_schema_foreign, with the remedy: another version, which stays untouched.
Exchange<Agreement> agree_on_schema(std::string_view prefix, const std::vector<Tenant>& tenants,
                                    const std::string& new_id);

// What is wrong with a tag that another issuer was first to use, and the remedy.
std::string peer_mismatch_behind(std::string_view tag, const std::vector<Tenant>& tenants);

}  // namespace slo::redis
