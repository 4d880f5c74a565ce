// SPDX-License-Identifier: BSD-2-Clause
// Asks whose an application's cookie is, and for the cookies of applications that a session remembers.
#include "redis_schema/bound_cookies.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

constexpr std::size_t cookie_digest_size = 16;
// As long as deliveries and dead letters may be left that nobody serves.
constexpr Seconds owed_life{30LL * 24 * 3600};

std::string as_millis(Seconds life) { return std::to_string(Millis{std::max(life, Seconds{1})}.count()); }

std::string names_in_words(const SessionNames& names) {
  std::string text = names.sid + separator + names.sub + separator;
  return names.since ? text + std::to_string(names.since->time_since_epoch().count()) : text;
}

Outcome<CookieOwner> read_owner(const Reply& reply) {
  const auto text = reply.text();
  if (!text || std::ranges::count(*text, separator) < 4) return refuse(unexpected_reply("owner"));
  auto rest = *text;
  CookieOwner owner{.key = {std::string(take_part(rest))}};
  owner.names.sid = take_part(rest);
  owner.names.sub = take_part(rest);
  if (const auto since = take_part(rest); !since.empty()) {
    const auto second = read_integer(since);
    if (!second) return refuse(unexpected_reply("owner"));
    owner.names.since = TimeS{Seconds{*second}};
  }
  owner.attributes = rest;
  return owner;
}

Outcome<std::optional<CookieOwner>> read_owner_if_any(const Reply& reply) {
  if (reply.is_nil()) return std::optional<CookieOwner>();
  return read_owner(reply).map([](CookieOwner owner) { return std::optional(std::move(owner)); });
}

// Of as many replies as there were commands, each by itself.
template <class T>
std::function<Outcome<std::vector<T>>(std::span<const Reply>)> each(std::size_t count,
                                                                    Outcome<T> (*read)(const Reply&)) {
  return [count, read](std::span<const Reply> replies) -> Outcome<std::vector<T>> {
    if (auto whole = check_replies(replies, count, "owner"); !whole) return refuse(whole.error());
    std::vector<T> all;
    for (const auto& reply : replies) {
      auto one = read(reply);
      if (!one) return refuse(one.error());
      all.push_back(*std::move(one));
    }
    return all;
  };
}

// A field of V: `<application>␟<name>` → `<second>␟<digest>␟<sealed>`. A digest may hold any byte.
struct Kept {
  ClientId application{};
  TimeS since{};
  BoundCookie cookie{};
};

Outcome<Kept> read_kept(std::string_view field, std::string_view value) {
  const auto application = take_part(field);
  const auto second = read_integer(take_part(value));
  if (!second || value.size() <= cookie_digest_size || value[cookie_digest_size] != separator)
    return refuse(unexpected_reply("HGETALL"));
  return Kept{.application = {std::string(application)},
              .since = TimeS{Seconds{*second}},
              .cookie = {.name = std::string(field),
                         .digest = {std::string(value.substr(0, cookie_digest_size))},
                         .sealed = std::string(value.substr(cookie_digest_size + 1))}};
}

Outcome<std::vector<Kept>> read_all_kept(const Reply& reply) {
  if (!reply.is_array() || reply.size() % 2 != 0) return refuse(unexpected_reply("HGETALL"));
  std::vector<Kept> all;
  for (std::size_t i = 0; i < reply.size(); i += 2) {
    const auto field = reply[i].text(), value = reply[i + 1].text();
    if (!field || !value) return refuse(unexpected_reply("HGETALL"));
    auto kept = read_kept(*field, *value);
    if (!kept) return refuse(kept.error());
    all.push_back(*std::move(kept));
  }
  return all;
}

template <class T>
Exchange<std::vector<T>> read_cookies(const Space& space, const SessionKey& key,
                                      std::function<std::vector<T>(std::vector<Kept>)> tell) {
  return {
      .commands = {{.words = {"HGETALL", cookies_key(space, key)}, .partition = partition_of(key.value)}},
      .read = [tell = std::move(tell)](std::span<const Reply> replies) -> Outcome<std::vector<T>> {
        return check_replies(replies, 1, "HGETALL")
            .and_then([&] { return read_all_kept(replies[0]); })
            .map(tell);
      },
  };
}

std::vector<BoundCookie> newest_first(std::vector<Kept> all, const ClientId& application) {
  std::erase_if(all, [&](const Kept& kept) { return kept.application != application; });
  std::ranges::sort(all, [](const Kept& a, const Kept& b) {
    return std::tie(b.since, a.cookie.name) < std::tie(a.since, b.cookie.name);
  });
  std::vector<BoundCookie> cookies;
  cookies.reserve(all.size());
  for (auto& kept : all) cookies.push_back(std::move(kept.cookie));
  return cookies;
}

std::vector<RememberedCookie> by_application(std::vector<Kept> all) {
  std::ranges::sort(all, [](const Kept& a, const Kept& b) {
    return std::tie(a.application, a.since, a.cookie.name) < std::tie(b.application, b.since, b.cookie.name);
  });
  std::vector<RememberedCookie> cookies;
  cookies.reserve(all.size());
  for (auto& kept : all)
    cookies.push_back({std::move(kept.application), std::move(kept.cookie.name), kept.since});
  return cookies;
}

Exchange<bool> change_cookies(const Space& space, const SessionKey& key, const Script& script,
                              std::vector<std::string> arguments) {
  return {
      .commands = {run_script(script, partition_of(key.value), {cookies_key(space, key)},
                              std::move(arguments))},
      .read = [name = script.name](std::span<const Reply> replies) -> Outcome<bool> {
        if (auto whole = check_replies(replies, 1, name); !whole) return refuse(whole.error());
        if (replies[0].integer() != 1) return refuse(unexpected_reply(name));
        return true;
      },
  };
}

}  // namespace

Exchange<std::vector<std::optional<CookieOwner>>> owners_of(const Space& space,
                                                            const std::vector<CookieDigest>& cookies) {
  Exchange<std::vector<std::optional<CookieOwner>>> exchange{.read = each(cookies.size(), read_owner_if_any)};
  for (const auto& cookie : cookies) {
    exchange.commands.push_back(
        {.words = {"GET", owner_key(space, cookie)}, .partition = partition_of(cookie.value)});
  }
  return exchange;
}

Exchange<std::vector<CookieOwner>> own(const Space& space, const CookieOwner& owner,
                                       const std::vector<CookieDigest>& cookies, Seconds life) {
  Exchange<std::vector<CookieOwner>> exchange{.read = each(cookies.size(), read_owner)};
  for (const auto& cookie : cookies) {
    exchange.commands.push_back(
        run_script(own_script, partition_of(cookie.value), {owner_key(space, cookie)},
                   {owner.key.value, names_in_words(owner.names), owner.attributes, as_millis(life)}));
  }
  return exchange;
}

Exchange<bool> keep_cookies(const Space& space, const SessionKey& key, const ClientId& application,
                            const std::vector<BoundCookie>& cookies, Seconds life, SeenIn seen_in) {
  const bool is_needed_later =
      std::ranges::any_of(cookies, [](const BoundCookie& cookie) { return !cookie.sealed.empty(); });
  std::vector<std::string> arguments{application.value, std::to_string(max_remembered_cookies),
                                     as_millis(is_needed_later ? life + owed_life : life),
                                     seen_in == SeenIn::answer ? "replace" : "add"};
  const auto many = cookies.size() - std::min(cookies.size(), max_remembered_cookies);
  for (const auto& cookie : std::span(cookies).subspan(many)) {
    arguments.push_back(cookie.name);
    arguments.push_back(cookie.digest.value);
    arguments.push_back(cookie.sealed);
  }
  return change_cookies(space, key, keep_script, std::move(arguments));
}

Exchange<std::vector<BoundCookie>> cookies_of(const Space& space, const SessionKey& key,
                                              const ClientId& application) {
  return read_cookies<BoundCookie>(
      space, key, [application](std::vector<Kept> all) { return newest_first(std::move(all), application); });
}

Exchange<std::vector<RememberedCookie>> remembered_cookies(const Space& space, const SessionKey& key) {
  return read_cookies<RememberedCookie>(space, key, by_application);
}

Exchange<bool> forget_cookies(const Space& space, const SessionKey& key, const ClientId& application,
                              const std::vector<BoundCookie>& told) {
  std::vector<std::string> arguments{application.value};
  for (const auto& cookie : told) {
    arguments.push_back(cookie.name);
    arguments.push_back(cookie.digest.value);
  }
  return change_cookies(space, key, forget_script, std::move(arguments));
}

}  // namespace slo::redis
