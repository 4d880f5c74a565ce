// SPDX-License-Identifier: BSD-2-Clause
// What a session's hash and a delivery's record look like inside. Of this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/delivery.h"
#include "core/session.h"
#include "redis_schema/reply.h"

namespace slo::redis {

// Separates what stands in one value; no name that is_storable() holds it.
inline constexpr char separator = '\x1f';
// What stands before the next separator; `rest` goes on behind it.
std::string_view take_part(std::string_view& rest);

// The low four bits of a participation's number.
unsigned flags_of(const Channels& channels) noexcept;

// A session from the names and values of its hash (HGETALL); nullopt for an empty one.
Outcome<std::optional<Session>> read_session(const SessionKey& key, const Reply& fields);

// What a logout must know of a session before it ends it, however many take part in it.
struct Glimpse {
  SessionKey key{};
  std::optional<ClientId> client{};  // whose participation is of interest

  std::vector<std::string> names() const;  // of the fields, for HMGET
  // The session with that client's participation alone, under the client's own id; nullopt where there is
  // none.
  Outcome<std::optional<Session>> read(const Reply& values) const;
};

// The sid that its clients know a session by unless they have their own; empty where the OP issues none.
std::string common_sid(const SessionKey& key);

// The same logout always has the same id: session, second of joining and number, client. `number`: of the
// participant's joining, or of the login after the end that is told of.
std::string delivery_id(const Session& session, const Participant& participant, std::uint64_t number);
// The deliveries that a script enqueued at `enqueued` for `session`, under their first lease. Who came late
// has one of his own.
std::vector<Delivery> deliveries_of(const Session& session, std::string_view reason,
                                    std::string_view logout_id, TimeMs enqueued);

// A delivery from its id and record. What cannot be read stays empty: such a delivery finds no client and is
// given up.
struct Record {
  Delivery delivery{};  // without a token
  std::string error{};  // of the last attempt
};
Record read_record(std::string_view id, std::string_view record);
// How many attempts were made.
unsigned read_count(std::string_view text);

// Are there `count` replies and no error among them? Else the first error, or an unexpected reply to `what`.
Outcome<void> check_replies(std::span<const Reply> replies, std::size_t count, std::string_view what);

}  // namespace slo::redis
