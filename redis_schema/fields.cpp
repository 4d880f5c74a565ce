// SPDX-License-Identifier: BSD-2-Clause
// Reads the values that the scripts write: participations, sessions, delivery records.
#include "redis_schema/fields.h"

#include <algorithm>

#include "redis_schema/key.h"

namespace slo::redis {
namespace {

Channels channels_of(long long flags) noexcept {
  return {
      .back = (flags & 1) != 0,
      .front = (flags & 2) != 0,
      .legacy = (flags & 4) != 0,
      .saml = (flags & 8) != 0,
  };
}

// What stands before `mark`, which is taken off with it; all where there is none.
std::string_view take_until(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::uint64_t read_number(std::string_view digits) {
  return static_cast<std::uint64_t>(std::max(read_integer(digits).value_or(0), 0LL));
}

// `rel*16+flags[.number[l]][+again]`
std::optional<Participant> read_joining(std::string_view joining) {
  auto before = take_until(joining, '+');
  const auto when = read_integer(take_until(before, '.'));
  if (!when) return std::nullopt;
  const bool is_late = before.ends_with('l');
  if (is_late) before.remove_suffix(1);
  return Participant{
      .joined = Seconds{*when / 16},
      .number = read_number(before),
      .late = is_late,
      .again = read_number(joining),
      .channels = channels_of(*when % 16),
  };
}

// When and as which it joined, then where needed u<sub>, s<sid> or n, each behind a separator.
std::optional<Participant> read_participant(std::string_view client, std::string_view value) {
  auto read = read_joining(take_part(value));
  if (!read) return std::nullopt;
  auto& participant = *read;
  participant.client = {std::string(client)};
  while (!value.empty()) {
    const auto part = take_part(value);
    if (part.starts_with('u')) participant.sub = Subject{std::string(part.substr(1))};
    if (part.starts_with('s')) participant.sid = Sid{std::string(part.substr(1))};
    if (part == "n") participant.no_sid = true;
  }
  return read;
}

// `ms caller[ …]`: of whoever ended something last.
std::string_view ended_by(std::string_view value) {
  value.remove_prefix(std::min(value.find(' '), value.size()));
  if (!value.empty()) value.remove_prefix(1);
  return value.substr(0, value.find(' '));
}

bool read_field(Session& session, std::string_view name, std::string_view value) {
  if (name.starts_with(':')) {
    auto participant = read_participant(name.substr(1), value);
    if (!participant) return false;
    session.participants.push_back(*std::move(participant));
    return true;
  }
  if (name == "u") session.sub = {std::string(value)};
  if (name == "k" && !value.empty()) session.cookie = CookieDigest{std::string(value)};
  if (name == "r") session.reason = value;
  if (name == "n") session.logout_id = ended_by(value);
  const auto number = read_integer(value);
  if (name.size() != 1 || std::string_view("txdle").find(name[0]) == std::string_view::npos) return true;
  if (!number) return false;
  const Seconds seconds{*number};
  if (name == "t") session.created = TimeS{seconds};
  if (name == "x") session.absolute = seconds;
  if (name == "d") session.idle = seconds;
  if (name == "l") session.last_seen = seconds;
  if (name == "e") session.ended = seconds;
  return true;
}

}  // namespace

std::string_view take_part(std::string_view& rest) { return take_until(rest, separator); }

unsigned flags_of(const Channels& channels) noexcept {
  return (channels.back ? 1u : 0u) | (channels.front ? 2u : 0u) | (channels.legacy ? 4u : 0u) |
         (channels.saml ? 8u : 0u);
}

Outcome<std::optional<Session>> read_session(const SessionKey& key, const Reply& fields) {
  if (fields.is_error()) return refuse(refusal_of(fields));
  if (!fields.is_array() || fields.size() % 2 != 0) return refuse(unexpected_reply("HGETALL"));
  if (fields.size() == 0) return std::optional<Session>();
  Session session{.key = key};
  for (std::size_t i = 0; i < fields.size(); i += 2) {
    const auto name = fields[i].text(), value = fields[i + 1].text();
    if (!name || !value || !read_field(session, *name, *value)) return refuse(unexpected_reply("HGETALL"));
  }
  order_by_joining(session.participants);
  if (session.is_live()) session.logout_id.clear();  // that of a client which left
  return session;
}

std::vector<std::string> Glimpse::names() const {
  std::vector<std::string> names{"t", "x", "d", "l", "u", "k", "e", "r"};
  if (client) names.push_back(':' + stored_client(*client).value);
  return names;
}

Outcome<std::optional<Session>> Glimpse::read(const Reply& values) const {
  if (values.is_error()) return refuse(refusal_of(values));
  const auto fields = names();
  if (!values.is_array() || values.size() != fields.size()) return refuse(unexpected_reply("HMGET"));
  Session session{.key = key};
  bool is_there = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (values[i].is_nil()) continue;
    const auto value = values[i].text();
    if (!value || !read_field(session, fields[i], *value)) return refuse(unexpected_reply("HMGET"));
    is_there = true;
  }
  if (!is_there) return std::optional<Session>();
  for (auto& participant : session.participants) participant.client = *client;
  return session;
}

std::string common_sid(const SessionKey& key) { return is_minted(key) ? std::string() : key.value; }

std::string delivery_id(const Session& session, const Participant& participant, std::uint64_t number) {
  auto joining = std::to_string((session.created + participant.joined).time_since_epoch().count());
  if (number > 0) joining.append(".").append(std::to_string(number));
  std::string id;
  id.reserve(session.key.value.size() + joining.size() + participant.client.value.size() + 2);
  id.append(session.key.value).append(1, separator).append(joining).append(1, separator);
  return id.append(participant.client.value);
}

std::vector<Delivery> deliveries_of(const Session& session, std::string_view reason,
                                    std::string_view logout_id, TimeMs enqueued) {
  std::vector<Delivery> deliveries;
  deliveries.reserve(session.participants.size());
  for (const auto& participant : session.participants) {
    if (!is_called(participant.channels) || participant.late) continue;
    const auto& sub = sub_of(session, participant);
    deliveries.push_back({
        .id = delivery_id(session, participant, participant.number),
        .session = session.key,
        .client = participant.client,
        .sub = sub.value.empty() ? std::nullopt : std::optional(sub),
        .sid = sid_of(session, participant),
        .reason = std::string(reason),
        .logout_id = std::string(logout_id),
        .enqueued = enqueued,
        .token = 1,
    });
  }
  return deliveries;
}

unsigned read_count(std::string_view text) {
  return static_cast<unsigned>(std::clamp<long long>(read_integer(text).value_or(0), 0, 1'000'000));
}

Record read_record(std::string_view id, std::string_view record) {
  Record read{.delivery = {.id = std::string(id)}};
  auto& delivery = read.delivery;
  delivery.session = {std::string(take_part(id))};
  take_part(id);
  delivery.client = {std::string(id)};
  delivery.enqueued = TimeMs{Millis{read_integer(take_part(record)).value_or(0)}};
  delivery.reason = take_part(record);
  delivery.logout_id = take_part(record);
  if (const auto sid = take_part(record); !sid.empty()) delivery.sid = Sid{std::string(sid)};
  if (const auto sub = take_part(record); !sub.empty()) delivery.sub = Subject{std::string(sub)};
  read.error = take_part(record);
  take_part(record);  // the token of the lease under which it was written
  delivery.attempt = read_count(take_part(record)) + 1;
  return read;
}

Outcome<void> check_replies(std::span<const Reply> replies, std::size_t count, std::string_view what) {
  for (const auto& reply : replies) {
    if (reply.is_error()) return refuse(refusal_of(reply));
  }
  if (replies.size() != count) return refuse(unexpected_reply(what));
  return {};
}

}  // namespace slo::redis
