// SPDX-License-Identifier: BSD-2-Clause
// Bundles: enqueues the next few deliveries of an ended session with many clients.
#include "redis_schema/bundle.h"

#include <algorithm>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

Outcome<std::optional<Unbundled>> read_unbundled(const Bundle& bundle, const Reply& reply) {
  const auto word = reply[0].text();
  if (word == "stale") return std::optional<Unbundled>();
  const auto ended = reply[1].integer();
  const auto place = reply[3].text();
  auto session = read_session(bundle.session, reply[2]);
  if (!session) return refuse(session.error());
  if (word != "some" || !ended || !place) return refuse(unexpected_reply("unbundle"));
  Unbundled unbundled{.session = (*std::move(session)).value_or(Session{.key = bundle.session}),
                      .place = std::string(*place)};
  unbundled.deliveries =
      deliveries_of(unbundled.session, bundle.reason, bundle.logout_id, TimeMs{Millis{*ended}});
  return unbundled;
}

}  // namespace

Delivery entry_of(const Bundle& bundle) {
  return {.id = bundle.session.value,
          .session = bundle.session,
          .reason = bundle.reason,
          .logout_id = bundle.logout_id,
          .token = bundle.token};
}

bool is_bundle(std::string_view id) { return id.find(separator) == std::string_view::npos; }

Bundle read_bundle(std::string_view id, std::string_view record, std::uint64_t token) {
  take_part(record);
  const auto reason = take_part(record);
  const auto logout_id = take_part(record);
  take_part(record);
  return {.session = {std::string(id)},
          .reason = std::string(reason),
          .logout_id = std::string(logout_id),
          .place = std::string(take_part(record)),
          .token = token};
}

Exchange<std::optional<Unbundled>> unbundle(const Space& space, const Bundle& bundle,
                                            const UnbundleTerms& terms) {
  const auto& key = bundle.session;
  const auto partition = partition_of(key.value);
  return {
      .commands = {run_script(
          unbundle_script, partition,
          {session_key(space, key), queue_key(space, partition), records_key(space, partition),
           tokens_key(space, partition), counters_key(space, partition), dead_records_key(space, partition),
           feed_key(space, partition)},
          {key.value, std::to_string(bundle.token), bundle.place, std::to_string(terms.lease.count()),
           std::to_string(std::max(terms.count, 1u)), common_sid(key),
           std::to_string(std::max(terms.tombstone.count(), Seconds::rep{1})),
           std::to_string(std::max(terms.tombstone, terms.retention).count())})},
      .read = [bundle](std::span<const Reply> replies) -> Outcome<std::optional<Unbundled>> {
        return check_replies(replies, 1, "unbundle").and_then([&] {
          return read_unbundled(bundle, replies[0]);
        });
      },
  };
}

}  // namespace slo::redis
