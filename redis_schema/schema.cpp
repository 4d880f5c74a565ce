// SPDX-License-Identifier: BSD-2-Clause
// Asks a store what it holds, in one script.
#include "redis_schema/schema.h"

#include <algorithm>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

std::string remedy_for(std::string_view version, std::string_view count) {
  if (version == "1")
    return "version 1, of an earlier release: run slo-migrate-store (\"Upgrading the store\" in the manual), "
           "or "
           "use another prefix";
  if (version == "1to2") return "version 1, whose migration is not finished: run slo-migrate-store again";
  if (version == schema_version) return std::string(count) + " partitions";
  return "version " + std::string(version.substr(0, 16));
}

Outcome<Agreement> read_agreement(const Reply& reply) {
  const auto word = reply[0].text(), second = reply[1].text();
  if (!word || !second) return refuse(unexpected_reply("greet"));
  if (word == "version")
    return refuse(Fault::store_schema_foreign, remedy_for(*second, reply[2].text().value_or("")));
  if (word != "agreed") return refuse(unexpected_reply("greet"));
  Agreement agreement{.store_id = std::string(*second), .fresh = reply[2].integer() == 1};
  for (std::size_t i = 3; i < reply.size(); ++i) agreement.foreign.emplace_back(reply[i].text().value_or(""));
  return agreement;
}

}  // namespace

std::string peer_mismatch_behind(std::string_view tag, const std::vector<Tenant>& tenants) {
  const auto at = std::ranges::find(tenants, tag, &Tenant::tag);
  return "the issuer of provider \"" + (at == tenants.end() ? std::string() : at->name) +
         "\" has the same tag there as another issuer; give one of them a prefix of its own";
}

Exchange<Agreement> agree_on_schema(std::string_view prefix, const std::vector<Tenant>& tenants,
                                    const std::string& new_id) {
  std::vector<std::string> arguments{std::string(schema_version), std::to_string(partitions), new_id};
  for (const auto& tenant : tenants) {
    arguments.push_back(tenant.tag);
    arguments.push_back(tenant.issuer);
  }
  return {
      .commands = {run_script(greet_script, meta_partition, {schema_key(prefix), issuers_key(prefix)},
                              std::move(arguments))},
      .read = [](std::span<const Reply> replies) -> Outcome<Agreement> {
        return check_replies(replies, 1, "greet").and_then([&] { return read_agreement(replies[0]); });
      },
  };
}

}  // namespace slo::redis
