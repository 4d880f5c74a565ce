// SPDX-License-Identifier: BSD-2-Clause
// What an authorization response teaches before anybody is known, and what becomes of it.
#include "redis_schema/codes.h"

#include <string>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

// A code's value is the digest and nothing else.
constexpr std::size_t digest_size = 16;

Command point_at_session(const Space& space, const HandedOut& handed_out) {
  return run_script(point_script, partition_of(handed_out.cookie.value),
                    {cookie_key(space, handed_out.cookie)},
                    {handed_out.session.value, std::to_string(Millis{handed_out.life}.count()), ""});
}

Command keep_code(const Space& space, const CodeDigest& code, const CookieDigest& cookie) {
  return {
      .words = {"SET", code_key(space, code), cookie.value, "EX", std::to_string(code_life.count()), "NX"},
      .partition = partition_of(code.value)};
}

// Errors have been looked for.
Outcome<std::optional<std::string>> read_value(const Reply& reply) {
  if (reply.is_nil()) return std::optional<std::string>();
  const auto text = reply.text();
  if (!text) return refuse(unexpected_reply("GET"));
  return std::optional(std::string(*text));
}

Outcome<std::optional<CookieDigest>> read_cookie(const Reply& reply) {
  auto value = read_value(reply);
  if (!value) return refuse(value.error());
  if (!*value || (*value)->size() != digest_size) return std::optional<CookieDigest>();
  return std::optional(CookieDigest{**std::move(value)});
}

// Is there a session under the sid itself? Else the one that it is an alias of.
Outcome<std::optional<SessionKey>> read_session_of(const Sid& sid, const Reply& exists, const Reply& alias) {
  const auto count = exists.integer();
  auto value = read_value(alias);
  if (!count) return refuse(unexpected_reply("EXISTS"));
  if (!value) return refuse(value.error());
  if (*count > 0) return std::optional(SessionKey{sid.value});
  if (!*value) return std::optional<SessionKey>();
  return std::optional(SessionKey{**std::move(value)});
}

}  // namespace

Exchange<bool> remember(const Space& space, const HandedOut& handed_out) {
  Exchange<bool> exchange{.commands = {point_at_session(space, handed_out)}};
  if (handed_out.code) {
    exchange.commands.push_back(keep_code(space, *handed_out.code, handed_out.cookie));
    exchange.commands.back().comes_last = true;
  }
  exchange.read = [count = exchange.commands.size()](std::span<const Reply> replies) -> Outcome<bool> {
    return check_replies(replies, count, "remember").map([] { return true; });
  };
  return exchange;
}

Exchange<Recalled> recall(const Space& space, const std::optional<CodeDigest>& code,
                          const std::optional<Sid>& sid) {
  Exchange<Recalled> exchange;
  auto& commands = exchange.commands;
  if (code)
    commands.push_back({.words = {"GET", code_key(space, *code)}, .partition = partition_of(code->value)});
  if (sid) {
    const auto partition = partition_of(sid->value);
    commands.push_back({.words = {"EXISTS", session_key(space, {sid->value})}, .partition = partition});
    commands.push_back({.words = {"GET", alias_key(space, *sid)}, .partition = partition});
  }
  exchange.read = [sid, has_code = code.has_value(),
                   count = commands.size()](std::span<const Reply> replies) -> Outcome<Recalled> {
    if (auto whole = check_replies(replies, count, "recall"); !whole) return refuse(whole.error());
    Recalled recalled;
    if (has_code) {
      auto cookie = read_cookie(replies[0]);
      if (!cookie) return refuse(cookie.error());
      recalled.cookie = *std::move(cookie);
    }
    if (sid) {
      auto session = read_session_of(*sid, replies[count - 2], replies[count - 1]);
      if (!session) return refuse(session.error());
      recalled.session = *std::move(session);
    }
    return recalled;
  };
  return exchange;
}

}  // namespace slo::redis
