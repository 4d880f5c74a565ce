// SPDX-License-Identifier: BSD-2-Clause
// Reads the metadata of a client "a" and says what came of it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/client/client.h"
#include "t/harness/builders.h"

namespace slo::metadata_words {

inline constexpr ClientRules http_allowed{.allow_http = true};
inline constexpr ClientRules without_sid{.op_has_sid = false};

// `members` follow the client_id.
inline tl::expected<Client, MetadataError> read(std::string_view members, const ClientRules& rules) {
  const std::string comma = members.empty() ? "" : ",";
  return read_client(granted(parse_json("{\"client_id\":\"a\"" + comma + std::string(members) + "}")).get(),
                     rules);
}

inline Client accepted(std::string_view members, const ClientRules& rules = {}) {
  auto client = read(members, rules);
  EXPECT_TRUE(client) << client.error().refusal.detail;
  return client ? *std::move(client) : Client{};
}

// The sentence of the refusal; `member` must be the one to blame.
inline std::string refused(std::string_view member, std::string_view members, const ClientRules& rules = {},
                           Fault fault = Fault::client_metadata_invalid) {
  auto client = read(members, rules);
  EXPECT_FALSE(client) << members;
  if (client) return "accepted";
  EXPECT_EQ(client.error().member, member) << members;
  EXPECT_EQ(client.error().refusal.fault, fault) << members;
  const std::string prefix = '"' + std::string(member) + "\" ";
  EXPECT_TRUE(client.error().refusal.detail.starts_with(prefix)) << client.error().refusal.detail;
  return client.error().refusal.detail.substr(prefix.size());
}

}  // namespace slo::metadata_words
