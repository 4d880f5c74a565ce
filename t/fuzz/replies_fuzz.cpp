// SPDX-License-Identifier: BSD-2-Clause
// Redis' replies: whatever bytes come, in whatever pieces, each reader of the schema understands or refuses
// them, and what it understood can be shown, judged and said again.
#include <algorithm>

#include "core/admin/api.h"
#include "core/op/logout_page.h"
#include "redis_schema/bound_cookies.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/feed.h"
#include "redis_schema/fields.h"
#include "redis_schema/marks.h"
#include "redis_schema/schema.h"
#include "redis_schema/sessions.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

using redis::Reply;

const redis::Space space{"slo:", "abc123"}, other_space{"slo:", "xyz789"};

struct Replies {
  std::vector<redis::OwnedReply> owned{};
  bool is_broken = false;
};

void take(redis::ReplyReader& reader, Replies& replies) {
  while (!replies.is_broken) {
    auto reply = reader.next();
    if (!reply) replies.is_broken = true;
    if (!reply || !*reply) return;
    replies.owned.push_back(*std::move(reply));
  }
}

Replies read_in_pieces(std::string_view bytes, std::size_t piece) {
  redis::ReplyReader reader;
  Replies replies;
  for (std::size_t at = 0; at < bytes.size() && !replies.is_broken; at += piece) {
    reader.feed(bytes.substr(at, piece));
    take(reader, replies);
  }
  return replies;
}

std::string shown(const Reply& reply) {
  if (reply.is_nil()) return "nil";
  if (reply.is_error()) return "-" + std::string(reply.error());
  std::string text;
  if (reply.text()) text = "$" + std::string(*reply.text());
  if (reply.integer()) text += ":" + std::to_string(*reply.integer());
  if (!reply.is_array()) return text;
  for (std::size_t i = 0; i < reply.size(); ++i) text += "[" + shown(reply[i]) + "]";
  promise(reply[reply.size()].is_nil(), "beyond its end an array has nothing");
  return "*" + text;
}

std::string shown(const Replies& replies) {
  std::string text = replies.is_broken ? "broken" : "whole";
  for (const auto& reply : replies.owned) text += "\n" + shown(Reply(reply.get()));
  return text;
}

const Provider& provider() {
  static const Provider made = a_provider();
  return made;
}

void use(const Session& session) {
  const auto by_time = [](const Participant& a, const Participant& b) { return a.joined < b.joined; };
  promise(std::ranges::is_sorted(session.participants, by_time),
          "participants stand in the order in which they joined");
  for (const auto& delivery : redis::deliveries_of(session, "rp", "logout", a_moment().now)) {
    const auto read = redis::read_record(delivery.id, "").delivery;
    promise(read.session == session.key && read.client == delivery.client,
            "a delivery's id names session and client");
  }
  promise(is_json(session_page(provider(), session).body), "a session can be shown");
  promise(logout_page(provider(), session, {}, {}, a_moment()).status == 200, "and its end, too");
}

void use(const std::optional<Session>& session) {
  if (session) use(*session);
}

void use(const Delivery& delivery) {
  const auto verdict =
      judge(provider().delivery, delivery, Answer{.by_receiver = true, .status = 503}, a_moment());
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) {
    promise(retry->delay >= Millis{0} && retry->delay <= provider().delivery.max * 3 / 2,
            "a retry comes in bounded time");
  }
  const auto later = put_off(provider().delivery, delivery, a_moment());
  promise(later.delay >= Millis{0} && later.delay <= provider().delivery.max * 3 / 2,
          "so does what is put off");
  const auto settled = redis::settle(space, {{delivery, verdict}});
  promise(settled.commands.size() == 1 && !redis::encode(settled.commands[0]).empty(),
          "a verdict can be said");
}

void use(const Found& found) {
  for (const auto* session : {&found.by_sid, &found.by_key}) use(*session);
  for (const auto& [cookie, session] : found.by_cookie) use(std::optional(session));
  promise(found.by_subject.size() <= 16, "a subject's sessions have a limit");
  for (const auto& session : found.by_subject)
    promise(session.is_live(), "of a subject only live sessions are found");
}

void use(const redis::Located& located) {
  use(located.found);
  if (located.is_complete()) return;
  const auto more = redis::load(space, located);
  promise(!more.commands.empty() && more.commands.size() <= 66,
          "what is missing is asked for, within limits");
}

void use(const redis::Bundle& bundle) {
  promise(!redis::encode(redis::unbundle(space, bundle, {}).commands[0]).empty(), "a bundle can be opened");
}

void use(const redis::Owed& owed) {
  for (const auto& delivery : owed.deliveries) use(delivery);
  for (const auto& bundle : owed.bundles) use(bundle);
}

void use(const std::optional<redis::Unbundled>& unbundled) {
  if (!unbundled) return;
  use(unbundled->session);
  for (const auto& delivery : unbundled->deliveries) use(delivery);
}

void use(const redis::Ended& ended) {
  use(ended.ending.session);
  promise(ended.owed == redis::Owed{} || !ended.ending.already, "what had ended before enqueues nothing");
  use(ended.owed);
  promise(is_json(ending_page(provider(), ended.ending, "an-id").body), "an ending can be shown");
}

void use(const redis::DeliveryIds& ids) {
  promise(ids.places.size() <= 3, "a page has a limit");
  promise(redis::list_ids(space, DeliveryState::dead, 3, ids.next).has_value(),
          "the next page can be asked for");
}

void use(const std::vector<ListedDelivery>& listed) {
  promise(is_json(deliveries_page(provider(), listed, "").body), "deliveries can be listed");
  for (const auto& one : listed) use(one.delivery);
}

const redis::FeedPlaces begun = [] {
  redis::FeedPlaces places{};
  places.fill({1800000000000, 1});
  return places;
}();

// In each stream in order, behind where reading began: so it comes to an end.
void use(const std::vector<redis::FeedEntry>& entries) {
  std::vector<redis::FeedPlaces> reached(2, begun);
  for (const auto& entry : entries) {
    promise(entry.source < 2 && entry.partition < redis::partitions,
            "an entry is of a stream that was asked for");
    auto& place = reached[entry.source][entry.partition];
    promise(place < entry.place, "entries come in order, and none twice");
    place = entry.place;
    for (const auto& mark : entry.marks) {
      promise(!mark.value.empty(), "a mark is of somebody");
      promise(std::chrono::abs(TimeMs{mark.at}.time_since_epoch()) <= Millis{1LL << 58},
              "and its time can be counted with");
      promise(!redis::encode(redis::put_mark(space, mark, {}).commands[0]).empty(),
              "a mark can be said again");
    }
  }
}

template <class T>
void use(const T&) {}

template <class T>
void use(const std::vector<std::optional<T>>& many) {
  for (const auto& one : many) use(one);
}

void use(const std::optional<redis::Ended>& ended) {
  if (ended) use(*ended);
}

// As many replies as the exchange has commands: the link sees to that.
template <class T>
void on_reply(const redis::Exchange<T>& exchange, const Replies& replies) {
  std::vector<Reply> heard;
  for (const auto& reply : replies.owned) {
    if (heard.size() < exchange.commands.size()) heard.emplace_back(reply.get());
  }
  // The first stands in for what is missing, so that a short stream reaches the readers of many replies.
  while (!heard.empty() && heard.size() < exchange.commands.size()) heard.emplace_back(heard.front());
  const auto read = exchange.read(heard);
  if (read) return use(*read);
  const auto fault = read.error().fault;
  promise(describe(fault).name.starts_with("store_") || fault == Fault::session_full,
          "a reply that is refused is the store's fault");
}

redis::DeliveryIds some_ids() {
  return {.places = {{3,
                      "sid-1\x1f"
                      "1800000000\x1f"
                      "app-a",
                      a_moment().now},
                     {4, "x", a_moment().now}}};
}

void hear_sessions(std::size_t which, const Replies& replies) {
  const SessionKey key{"sid-1"};
  const SessionQuestion whole{
      {CookieDigest{"0123456789abcdef"}}, Sid{"sid-1"}, Subject{"alice"}, SessionKey{"sid-2"}};
  const redis::EndTerms terms{.reason = "rp", .tombstone = Seconds{60}, .lease = Millis{1000}};
  switch (which) {
    case 0:
      return on_reply(redis::find_session(space, key), replies);
    case 1:
      return on_reply(redis::locate(space, whole, ClientId{"app-a"}), replies);
    case 2:
      return on_reply(redis::load(space, {.found = {},
                                          .cookies = {{CookieDigest{"c"}, {"a"}}},
                                          .sid = SessionKey{"b"},
                                          .subject = {SessionKey{"c"}}}),
                      replies);
    case 3:
      return on_reply(redis::end_session(space, key, terms), replies);
    case 4:
      return on_reply(redis::end_participation(space, key, ClientId{"app-a"}, terms), replies);
    case 5:
      return on_reply(redis::register_participation(space, {.key = key,
                                                            .client = ClientId{"app-a"},
                                                            .sub = Subject{"alice"},
                                                            .cookie = CookieDigest{"0123456789abcdef"}}),
                      replies);
    case 6:
      return on_reply(redis::load_sessions(space, {key, SessionKey{"sid-2"}}), replies);
    default:
      return on_reply(redis::session_of_cookie(space, CookieDigest{"0123456789abcdef"}), replies);
  }
}

void hear_others(std::size_t which, const Replies& replies) {
  switch (which) {
    case 0:
      return on_reply(redis::claim(space, 0, 2, 100, Millis{1000}), replies);
    case 1:
      return on_reply(redis::settle(space, {{a_delivery(), Delivered{}}, {a_delivery(), Abandon{"400"}}}),
                      replies);
    case 2:
      return on_reply(redis::redrive(space, a_delivery().id), replies);
    case 3:
      return on_reply(*redis::list_ids(space, DeliveryState::dead, 3, "62.0"), replies);
    case 4:
      return on_reply(redis::load_listed(space, DeliveryState::pending, some_ids()), replies);
    case 5:
      return on_reply(redis::load_listed(space, DeliveryState::dead, some_ids()), replies);
    case 6:
      on_reply(redis::read_statuses({space}), replies);
      return on_reply(redis::read_counters(space), replies);
    case 7:
      return on_reply(redis::read_backlog(space), replies);
    case 8:
      return on_reply(redis::claim_due(space, 0, 10, Seconds{1}), replies);
    case 9:
      return on_reply(redis::sessions_of(space, Subject{"alice"}, 0, 10), replies);
    case 10:
      return on_reply(redis::redeem(space, "nonce", Seconds{60}, "logout"), replies);
    case 11:
      return on_reply(redis::agree_on_schema("slo:", {}, "id"), replies);
    case 12:
      return on_reply(redis::yielding(space, {.rivals = {{true, {"sid-1"}}, {false, {"sid-2"}}}}), replies);
    case 13:
      return on_reply(redis::redrive_all(space, {a_delivery().id, "other"}), replies);
    case 14:
      return on_reply(redis::participants_of(space, {"sid-1"}), replies);
    case 15:
      return on_reply(redis::unbundle(space, {.session = {"sid-1"}, .reason = "rp"}, {}), replies);
    case 16:
      return on_reply(redis::read_feed({{&space, &begun}, {&other_space, &begun}}, 10, Millis{0}), replies);
    case 17:
      return on_reply(redis::owners_of(space, {CookieDigest{"0123456789abcdef"}, CookieDigest{"c"}}),
                      replies);
    case 18:
      return on_reply(redis::own(space, {}, {CookieDigest{"0123456789abcdef"}}, Seconds{60}), replies);
    case 19:
      return on_reply(redis::cookies_of(space, {"sid-1"}, ClientId{"app:wiki"}), replies);
    case 20:
      return on_reply(redis::remembered_cookies(space, {"sid-1"}), replies);
    default:
      return on_reply(redis::put_mark(space, {Mark::Of::sid, "sid-1", {}}, {.jti = "jti"}), replies);
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo::fuzz;
  const auto which = input.below(30);
  const auto piece = 1 + input.below(16);
  const auto bytes = input.rest();
  const auto replies = read_in_pieces(bytes, bytes.size() + 1);
  promise(shown(replies) == shown(read_in_pieces(bytes, piece)),
          "the pieces in which bytes come do not matter");
  if (replies.owned.empty()) return;
  return which < 8 ? hear_sessions(which, replies) : hear_others(which - 8, replies);
}
