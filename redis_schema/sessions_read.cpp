// SPDX-License-Identifier: BSD-2-Clause
// Finds sessions: by key, by a client's sid, by cookie, by subject.
#include <algorithm>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"
#include "redis_schema/sessions.h"

namespace slo::redis {
namespace {

constexpr unsigned subject_keys = 64;  // looked at, for some may have ended
constexpr std::size_t subject_sessions = 16;

Command fetch(const Space& space, const SessionKey& key) {
  return {.words = {"HGETALL", session_key(space, key)}, .partition = partition_of(key.value)};
}

Command glimpse(const Space& space, const Glimpse& at) {
  Command command{.words = {"HMGET", session_key(space, at.key)}, .partition = partition_of(at.key.value)};
  for (auto& name : at.names()) command.words.push_back(std::move(name));
  return command;
}

Command follow_cookie(const Space& space, const CookieDigest& digest) {
  return {.words = {"GET", cookie_key(space, digest)}, .partition = partition_of(digest.value)};
}

Command follow_alias(const Space& space, const Sid& sid) {
  return {.words = {"GET", alias_key(space, sid)}, .partition = partition_of(sid.value)};
}

Command list_subject(const Space& space, const Subject& sub, unsigned offset, unsigned limit) {
  const auto last = static_cast<unsigned long long>(offset) + limit - 1;
  return {
      .words = {"ZRANGE", subject_key(space, sub), std::to_string(offset), std::to_string(last), "REV"},
      .partition = partition_of(sub.value),
  };
}

Outcome<std::optional<SessionKey>> read_pointer(const Reply& reply) {
  if (reply.is_error()) return refuse(refusal_of(reply));
  if (reply.is_nil()) return std::optional<SessionKey>();
  const auto key = reply.text();
  if (!key) return refuse(unexpected_reply("GET"));
  return SessionKey{std::string(*key)};
}

Outcome<std::vector<SessionKey>> read_keys(const Reply& reply, std::string_view what) {
  if (reply.is_error()) return refuse(refusal_of(reply));
  if (!reply.is_array()) return refuse(unexpected_reply(what));
  std::vector<SessionKey> keys;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto key = reply[i].text();
    if (!key) return refuse(unexpected_reply(what));
    keys.push_back({std::string(*key)});
  }
  return keys;
}

Outcome<ParticipantPage> read_page(const SessionKey& key, const Reply& reply) {
  const auto next = reply[0].text();
  auto session = read_session(key, reply[1]);
  if (!next) return refuse(unexpected_reply("HSCAN"));
  if (!session) return refuse(session.error());
  return ParticipantPage{.participants = (*std::move(session)).value_or(Session{}).participants,
                         .next = next == "0" ? std::string() : std::string(*next)};
}

// The session under `key` if step one happened to load it.
const Session* loaded(const Found& found, const SessionKey& key) {
  if (found.by_key && found.by_key->key == key) return &*found.by_key;
  if (found.by_sid && found.by_sid->key == key) return &*found.by_sid;
  return nullptr;
}

void add_live(std::vector<Session>& sessions, const Session& session) {
  if (session.is_live() && sessions.size() < subject_sessions) sessions.push_back(session);
}

// Takes what is loaded already; what is not stays to be loaded.
void take_loaded(Located& located) {
  auto& found = located.found;
  if (located.sid) {
    if (const auto* session = loaded(found, *located.sid)) found.by_sid = *session, located.sid.reset();
  }
  const auto is_loaded = [&](const SessionKey& key) { return loaded(found, key) != nullptr; };
  if (std::ranges::all_of(located.cookies, is_loaded, &Located::Cookie::key)) {
    for (const auto& [digest, key] : located.cookies)
      found.by_cookie.push_back({digest, *loaded(found, key)});
    located.cookies.clear();
  }
  if (!std::ranges::all_of(located.subject, is_loaded)) return;
  for (const auto& key : located.subject) add_live(found.by_subject, *loaded(found, key));
  located.subject.clear();
}

// Reads the replies in the order in which locate() asks.
Outcome<Located> read_located(const SessionQuestion& question, const std::optional<ClientId>& about,
                              std::span<const Reply> replies) {
  Located located{.about = about};
  std::size_t next = 0;
  if (question.key) {
    auto session = Glimpse{*question.key, about}.read(replies[next++]);
    if (!session) return refuse(session.error());
    located.found.by_key = *std::move(session);
  }
  if (question.sid) {
    auto session = Glimpse{{question.sid->value}, about}.read(replies[next++]);
    if (!session) return refuse(session.error());
    located.found.by_sid = *std::move(session);
    auto alias = read_pointer(replies[next++]);
    if (!alias) return refuse(alias.error());
    if (!located.found.by_sid) located.sid = *std::move(alias);
  }
  for (const auto& digest : question.cookies) {
    auto key = read_pointer(replies[next++]);
    if (!key) return refuse(key.error());
    if (*key) located.cookies.push_back({digest, **std::move(key)});
  }
  if (question.subject) {
    auto keys = read_keys(replies[next++], "ZRANGE");
    if (!keys) return refuse(keys.error());
    located.subject = *std::move(keys);
  }
  take_loaded(located);
  return located;
}

}  // namespace

Exchange<Located> locate(const Space& space, const SessionQuestion& question,
                         const std::optional<ClientId>& about) {
  Exchange<Located> exchange;
  auto& commands = exchange.commands;
  if (question.key) commands.push_back(glimpse(space, {*question.key, about}));
  if (question.sid) {
    commands.push_back(glimpse(space, {{question.sid->value}, about}));
    commands.push_back(follow_alias(space, *question.sid));
  }
  for (const auto& digest : question.cookies) commands.push_back(follow_cookie(space, digest));
  if (question.subject) commands.push_back(list_subject(space, *question.subject, 0, subject_keys));
  exchange.read = [question, about,
                   count = commands.size()](std::span<const Reply> replies) -> Outcome<Located> {
    return check_replies(replies, count, "locate").and_then([&] {
      return read_located(question, about, replies);
    });
  };
  return exchange;
}

Exchange<Found> load(const Space& space, const Located& located) {
  std::vector<Glimpse> glimpses;
  for (const auto& cookie : located.cookies) glimpses.push_back({cookie.key, located.about});
  if (located.sid) glimpses.push_back({*located.sid, located.about});
  for (const auto& key : located.subject) glimpses.push_back({key, located.about});
  Exchange<Found> exchange;
  for (const auto& at : glimpses) exchange.commands.push_back(glimpse(space, at));
  exchange.read = [located, glimpses](std::span<const Reply> replies) -> Outcome<Found> {
    if (auto whole = check_replies(replies, glimpses.size(), "HMGET"); !whole) return refuse(whole.error());
    std::vector<std::optional<Session>> sessions;
    for (std::size_t i = 0; i < glimpses.size(); ++i) {
      auto session = glimpses[i].read(replies[i]);
      if (!session) return refuse(session.error());
      sessions.push_back(*std::move(session));
    }
    Found found = located.found;
    auto next = sessions.begin();
    for (const auto& cookie : located.cookies) {
      if (auto session = std::move(*next++)) found.by_cookie.push_back({cookie.digest, *std::move(session)});
    }
    if (located.sid) found.by_sid = std::move(*next++);
    for (; next != sessions.end(); ++next) {
      if (*next) add_live(found.by_subject, **next);
    }
    return found;
  };
  return exchange;
}

Exchange<std::optional<Session>> find_session(const Space& space, const SessionKey& key) {
  return {
      .commands = {fetch(space, key)},
      .read = [key](std::span<const Reply> replies) -> Outcome<std::optional<Session>> {
        return check_replies(replies, 1, "HGETALL").and_then([&] { return read_session(key, replies[0]); });
      },
  };
}

Exchange<std::optional<SessionKey>> session_of_cookie(const Space& space, const CookieDigest& digest) {
  return {
      .commands = {follow_cookie(space, digest)},
      .read = [](std::span<const Reply> replies) -> Outcome<std::optional<SessionKey>> {
        return check_replies(replies, 1, "GET").and_then([&] { return read_pointer(replies[0]); });
      },
  };
}

Exchange<ParticipantPage> participants_of(const Space& space, const SessionKey& key,
                                          const std::string& from) {
  return {
      .commands = {{.words = {"HSCAN", session_key(space, key), from, "MATCH", ":*", "COUNT",
                              std::to_string(participants_at_once)},
                    .partition = partition_of(key.value)}},
      .read = [key](std::span<const Reply> replies) -> Outcome<ParticipantPage> {
        return check_replies(replies, 1, "HSCAN").and_then([&] { return read_page(key, replies[0]); });
      },
  };
}

Exchange<bool> takes_part(const Space& space, const SessionKey& key, const ClientId& client) {
  return {
      .commands = {{.words = {"HMGET", session_key(space, key), ":" + stored_client(client).value, "e"},
                    .partition = partition_of(key.value)}},
      .read = [](std::span<const Reply> replies) -> Outcome<bool> {
        return check_replies(replies, 1, "HMGET").and_then([&]() -> Outcome<bool> {
          if (replies[0].size() != 2) return refuse(unexpected_reply("HMGET"));
          return !replies[0][0].is_nil() && replies[0][1].is_nil();
        });
      },
  };
}

Exchange<std::vector<SessionKey>> sessions_of(const Space& space, const Subject& sub, unsigned offset,
                                              unsigned limit) {
  return {
      .commands = {list_subject(space, sub, offset, std::max(limit, 1u))},
      .read = [](std::span<const Reply> replies) -> Outcome<std::vector<SessionKey>> {
        return check_replies(replies, 1, "ZRANGE").and_then([&] { return read_keys(replies[0], "ZRANGE"); });
      },
  };
}

Exchange<std::vector<std::optional<Session>>> load_sessions(const Space& space,
                                                            const std::vector<SessionKey>& keys) {
  Exchange<std::vector<std::optional<Session>>> exchange;
  for (const auto& key : keys) exchange.commands.push_back(fetch(space, key));
  exchange.read = [keys](std::span<const Reply> replies) -> Outcome<std::vector<std::optional<Session>>> {
    if (auto whole = check_replies(replies, keys.size(), "HGETALL"); !whole) return refuse(whole.error());
    std::vector<std::optional<Session>> sessions;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto session = read_session(keys[i], replies[i]);
      if (!session) return refuse(session.error());
      sessions.push_back(*std::move(session));
    }
    return sessions;
  };
  return exchange;
}

Exchange<std::vector<SessionKey>> claim_due(const Space& space, std::uint16_t partition, unsigned limit,
                                            Seconds lease, const std::string& caller) {
  return {
      .commands = {run_script(claimdue_script, partition,
                              {expiry_key(space, partition), claimed_key(space, partition, caller)},
                              {std::to_string(limit), std::to_string(lease.count()), caller})},
      .read = [](std::span<const Reply> replies) -> Outcome<std::vector<SessionKey>> {
        return check_replies(replies, 1, "claimdue").and_then([&] {
          return read_keys(replies[0], "claimdue");
        });
      },
  };
}

}  // namespace slo::redis
