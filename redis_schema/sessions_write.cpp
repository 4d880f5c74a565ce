// SPDX-License-Identifier: BSD-2-Clause
// Remembers and ends sessions; marks tickets as used.
#include <algorithm>
#include <initializer_list>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"
#include "redis_schema/sessions.h"

namespace slo::redis {
namespace {

constexpr unsigned own_fields = 10;  // of a live session's hash, at most

Command list_under(const Space& space, const Subject& sub, const Registration& registration) {
  return run_script(index_script, partition_of(sub.value), {subject_key(space, sub)},
                    {registration.key.value, std::to_string(registration.absolute.count())});
}

Command point_at(const std::string& key, std::uint16_t partition, const Registration& registration,
                 const SessionKey& rival) {
  return run_script(
      point_script, partition, {key},
      {registration.key.value, std::to_string(Millis{registration.absolute}.count()), rival.value});
}

Command point_cookie(const Space& space, const Registration& registration, const SessionKey& rival = {}) {
  return point_at(cookie_key(space, *registration.cookie), partition_of(registration.cookie->value),
                  registration, rival);
}

Command point_alias(const Space& space, const Registration& registration, const SessionKey& rival = {}) {
  return point_at(alias_key(space, *registration.client_sid), partition_of(registration.client_sid->value),
                  registration, rival);
}

// So small that a session remembers its last caller in a few bytes.
std::uint64_t mark_of(const std::string& caller) {
  constexpr std::uint64_t most = (1u << 21) - 1;
  return caller.empty() ? 0 : hash_of(caller) % most + 1;
}

Command register_client(const Space& space, const Registration& registration, const std::string& caller,
                        Seconds retention) {
  const auto partition = partition_of(registration.key.value);
  return run_script(
      register_script, partition,
      {session_key(space, registration.key), expiry_key(space, partition), queue_key(space, partition),
       records_key(space, partition), counters_key(space, partition), tokens_key(space, partition),
       feed_key(space, partition)},
      {registration.key.value, stored_client(registration.client).value,
       std::to_string(flags_of(registration.channels)), registration.sub.value,
       registration.cookie.value_or(CookieDigest{}).value, std::to_string(registration.absolute.count()),
       std::to_string(registration.idle.count()), common_sid(registration.key),
       registration.client_sub.value_or(Subject{}).value, registration.client_sid.value_or(Sid{}).value,
       registration.client_no_sid ? "1" : "0", std::to_string(max_participants),
       std::to_string(mark_of(caller)), registration.is_renewal ? "1" : "0",
       std::to_string(retention.count())});
}

Outcome<RegisterAnswer> read_registered(const Reply& reply) {
  const auto step = reply[0].integer(), second = reply[1].integer();
  if (!step || !second) return refuse(unexpected_reply("register"));
  const TimeS created{Seconds{*second}};
  switch (*step) {
    case 1:
      return RegisterAnswer{Registered::new_session, created};
    case 2:
      return RegisterAnswer{Registered::new_client, created};
    case 0:
      return RegisterAnswer{Registered::known, created};
    case -1:
      return RegisterAnswer{*second == 1 ? Registered::too_late : Registered::too_late_known};
    case -2:
      return refuse(Fault::session_full);
    default:
      return refuse(unexpected_reply("register"));
  }
}

bool is_live(Registered registered) {
  return registered != Registered::too_late && registered != Registered::too_late_known;
}

// In the order in which remember() asks: subjects, then pointers, last the registration.
Outcome<RegisterAnswer> read_remembered(const Registration& registration, std::span<const Reply> replies) {
  auto answer = read_registered(replies.back());
  if (!answer || !is_live(answer->registered)) return answer;
  std::size_t next =
      replies.size() - 1 - (registration.cookie ? 1u : 0u) - (registration.client_sid ? 1u : 0u);
  for (const bool is_cookie : {true, false}) {
    if (is_cookie ? !registration.cookie : !registration.client_sid) continue;
    const auto holder = replies[next++].text();
    if (!holder) return refuse(unexpected_reply("point"));
    if (!holder->empty()) answer->rivals.push_back({is_cookie, {std::string(*holder)}});
  }
  return answer;
}

Outcome<std::vector<Rival>> read_yielding(const RegisterAnswer& answer, std::span<const Reply> replies) {
  std::vector<Rival> yielding;
  for (std::size_t i = 0; i < answer.rivals.size(); ++i) {
    const auto created = replies[i][0].integer();
    const bool is_ended = !replies[i][1].is_nil();
    if (!created || is_ended || TimeS{Seconds{*created}} <= answer.created)
      yielding.push_back(answer.rivals[i]);
  }
  return yielding;
}

// What of the terms an answer is read with.
struct EndedBy {
  std::string reason{};
  std::string caller{};
  bool is_leased = false;
};

// Reads what end and leave return: word, when, fields.
Outcome<std::optional<Ended>> read_ended(const SessionKey& key, const EndedBy& by, const Reply& reply) {
  const auto word = reply[0].text();
  if (word == "none" || word == "later") return std::optional<Ended>();
  const auto enqueued = reply[1].integer();
  auto session = read_session(key, reply[2]);
  if (!session) return refuse(session.error());
  if ((word != "ended" && word != "already" && word != "left") || !enqueued || !*session) {
    return refuse(unexpected_reply("end"));
  }
  Ended ended{.ending = {.already = word == "already", .session = **std::move(session)}};
  const auto bundled = reply[3].integer().value_or(0);
  ended.ending.lacks_participants = bundled > 0;
  if (!by.is_leased || ended.ending.already) return ended;
  if (bundled > 0)
    ended.owed.bundles.push_back({.session = key, .reason = by.reason, .logout_id = by.caller});
  ended.owed.deliveries =
      deliveries_of(ended.ending.session, by.reason, by.caller, TimeMs{Millis{*enqueued}});
  ended.in_front = bundled == 2;
  return ended;
}

Exchange<std::optional<Ended>> ending(Command command, const SessionKey& key, const EndTerms& terms) {
  return {
      .commands = {std::move(command)},
      .read = [key, by = EndedBy{std::string(terms.reason), terms.caller, terms.lease > Millis{0}}](
                  std::span<const Reply> replies) -> Outcome<std::optional<Ended>> {
        return check_replies(replies, 1, "end").and_then([&] { return read_ended(key, by, replies[0]); });
      },
  };
}

// For so long the feed keeps what ends, if not longer.
std::string memory_of(const EndTerms& terms) {
  return std::to_string(std::max(terms.tombstone, terms.retention).count());
}

Outcome<bool> read_bit(const Reply& reply, std::string_view what) {
  const auto bit = reply.integer();
  if (!bit) return refuse(unexpected_reply(what));
  return *bit == 1;
}

}  // namespace

Exchange<RegisterAnswer> register_participation(const Space& space, const Registration& registration,
                                                const std::string& caller, Seconds retention) {
  Exchange<RegisterAnswer> exchange;
  auto& commands = exchange.commands;
  if (!registration.sub.value.empty()) commands.push_back(list_under(space, registration.sub, registration));
  if (registration.client_sub) commands.push_back(list_under(space, *registration.client_sub, registration));
  if (registration.cookie) commands.push_back(point_cookie(space, registration));
  if (registration.client_sid) commands.push_back(point_alias(space, registration));
  commands.push_back(register_client(space, registration, caller, retention));
  commands.back().comes_last = true;  // a session is found from its first moment on
  exchange.read = [registration,
                   count = commands.size()](std::span<const Reply> replies) -> Outcome<RegisterAnswer> {
    return check_replies(replies, count, "register").and_then([&] {
      return read_remembered(registration, replies);
    });
  };
  return exchange;
}

Exchange<std::vector<Rival>> yielding(const Space& space, const RegisterAnswer& answer) {
  Exchange<std::vector<Rival>> exchange;
  for (const auto& rival : answer.rivals) {
    exchange.commands.push_back({.words = {"HMGET", session_key(space, rival.session), "t", "e"},
                                 .partition = partition_of(rival.session.value)});
  }
  exchange.read = [answer](std::span<const Reply> replies) -> Outcome<std::vector<Rival>> {
    return check_replies(replies, answer.rivals.size(), "HMGET").and_then([&] {
      return read_yielding(answer, replies);
    });
  };
  return exchange;
}

Exchange<bool> take_pointers(const Space& space, const Registration& registration,
                             const std::vector<Rival>& from) {
  Exchange<bool> exchange;
  for (const auto& rival : from) {
    exchange.commands.push_back(rival.is_cookie ? point_cookie(space, registration, rival.session)
                                                : point_alias(space, registration, rival.session));
  }
  exchange.read = [count = from.size()](std::span<const Reply> replies) -> Outcome<bool> {
    return check_replies(replies, count, "point").map([] { return true; });
  };
  return exchange;
}

Exchange<std::optional<Ended>> end_session(const Space& space, const SessionKey& key, const EndTerms& terms) {
  const auto partition = partition_of(key.value);
  auto command = run_script(
      end_script, partition,
      {session_key(space, key), expiry_key(space, partition), queue_key(space, partition),
       records_key(space, partition), tokens_key(space, partition), counters_key(space, partition),
       feed_key(space, partition)},
      {key.value,
       terms.only_if_due ? "due"
       : terms.are_told  ? "told"
                         : "force",
       std::string(terms.reason), std::to_string(std::max(terms.tombstone.count(), Seconds::rep{1})),
       std::to_string(terms.lease.count()), common_sid(key), terms.caller,
       std::to_string(own_fields + max_unbundled), memory_of(terms)});
  command.must_be_confirmed = !terms.only_if_due;
  return ending(std::move(command), key, terms);
}

Exchange<std::optional<Ended>> end_participation(const Space& space, const SessionKey& key,
                                                 const ClientId& client, const EndTerms& terms) {
  const auto partition = partition_of(key.value);
  auto command =
      run_script(leave_script, partition,
                 {session_key(space, key), queue_key(space, partition), records_key(space, partition),
                  tokens_key(space, partition), counters_key(space, partition), feed_key(space, partition)},
                 {key.value, stored_client(client).value, std::string(terms.reason),
                  std::to_string(terms.lease.count()), common_sid(key), terms.caller, memory_of(terms)});
  command.must_be_confirmed = true;
  return ending(std::move(command), key, terms);
}

Exchange<bool> redeem(const Space& space, std::string_view nonce, Seconds life, const std::string& caller) {
  const Millis whole_life = std::max(life, Seconds{1});
  return {
      .commands = {run_script(redeem_script, partition_of(nonce), {ticket_key(space, nonce)},
                              {std::to_string(whole_life.count()), caller})},
      .read = [](std::span<const Reply> replies) -> Outcome<bool> {
        return check_replies(replies, 1, "redeem").and_then([&] { return read_bit(replies[0], "redeem"); });
      },
  };
}

}  // namespace slo::redis
