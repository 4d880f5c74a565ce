// SPDX-License-Identifier: BSD-2-Clause
// Lists deliveries page by page, and counts them: what the management API shows.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "redis_schema/deliveries.h"
#include "redis_schema/fields.h"

namespace slo::redis {
namespace {

// What the scripts count. From the beginning, so that a first time is an increase to whoever watches.
constexpr std::array<std::string_view, 14> counter_fields{
    "new", "late", "left",  "end:rp", "end:expired", "end:admin", "end:op",
    "enq", "ok",   "retry", "dead",   "redriven",    "dropped",   "forgotten"};

constexpr unsigned max_page = 500;

struct Cursor {
  std::uint16_t partition = 0;
  unsigned long long offset = 0;
};

// `<partition>.<offset>`
Outcome<Cursor> read_cursor(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const auto* const end = text.data() + text.size();
  const auto [dot, bad_partition] = std::from_chars(text.data(), end, cursor.partition);
  if (bad_partition != std::errc() || dot == end || *dot != '.' || cursor.partition >= partitions) {
    return refuse(Fault::api_parameter_invalid, "\"cursor\" is none of ours");
  }
  const auto [last, bad_offset] = std::from_chars(dot + 1, end, cursor.offset);
  if (bad_offset != std::errc() || last != end || cursor.offset > 0xffffffff) {
    return refuse(Fault::api_parameter_invalid, "\"cursor\" is none of ours");
  }
  return cursor;
}

std::string cursor_at(const Cursor& cursor) {
  return std::to_string(cursor.partition) + "." + std::to_string(cursor.offset);
}

// One entry more than a page holds tells whether another page follows.
Command list_partition(const std::string& key, const Cursor& from, unsigned limit) {
  return {
      .words = {"ZRANGE", key, std::to_string(from.offset), std::to_string(from.offset + limit),
                "WITHSCORES"},
      .partition = from.partition,
  };
}

Outcome<DeliveryIds> read_ids(std::span<const Reply> replies, const Cursor& start, unsigned limit) {
  DeliveryIds ids;
  Cursor at = start;
  for (const auto& reply : replies) {
    for (std::size_t i = 0; i + 1 < reply.size(); i += 2, ++at.offset) {
      const auto id = reply[i].text();
      const auto due = reply[i + 1].integer();
      if (!id || !due) return refuse(unexpected_reply("ZRANGE"));
      if (ids.places.size() == limit) {
        ids.next = cursor_at(at);
        return ids;
      }
      ids.places.push_back({at.partition, std::string(*id), TimeMs{Millis{*due}}});
    }
    at = {static_cast<std::uint16_t>(at.partition + 1), 0};
  }
  return ids;
}

ListedDelivery read_pending(const DeliveryIds::Place& place, std::string_view record) {
  auto read = read_record(place.id, record);
  const unsigned attempts = read.delivery.attempt - 1;
  return {std::move(read.delivery), DeliveryState::pending, place.due, std::move(read.error), attempts};
}

// Attempts, error, token and record.
ListedDelivery read_dead(const DeliveryIds::Place& place, std::string_view value) {
  if (std::ranges::count(value, separator) < 3)
    return {.delivery = {.id = place.id}, .state = DeliveryState::dead};
  auto attempts = take_part(value);
  if (attempts.ends_with('+')) attempts.remove_suffix(1);
  const auto error = take_part(value);
  take_part(value);
  return {read_record(place.id, value).delivery, DeliveryState::dead, place.due, std::string(error),
          read_count(attempts)};
}

Outcome<std::vector<ListedDelivery>> read_listed(DeliveryState state, const DeliveryIds& ids,
                                                 std::span<const Reply> replies) {
  std::vector<ListedDelivery> listed;
  if (auto whole = check_replies(replies, ids.places.size(), "HGET"); !whole) return refuse(whole.error());
  for (std::size_t i = 0; i < ids.places.size(); ++i) {
    const auto record = replies[i].text();
    if (!record) continue;  // settled between the two steps
    listed.push_back(state == DeliveryState::dead ? read_dead(ids.places[i], *record)
                                                  : read_pending(ids.places[i], *record));
  }
  return listed;
}

// What follows from the replies to read_backlog() and read_counters() of one issuer, one behind the other.
StoreStatus read_status(std::span<const Reply> replies) {
  return {.backlog = read_backlog({}).read(replies.first(2 * partitions)),
          .counters = read_counters({}).read(replies.subspan(2 * partitions))};
}

}  // namespace

Outcome<Exchange<DeliveryIds>> list_ids(const Space& space, DeliveryState state, unsigned limit,
                                        const std::string& cursor) {
  const auto start = read_cursor(cursor);
  if (!start) return refuse(start.error());
  limit = std::clamp(limit, 1u, max_page);
  Exchange<DeliveryIds> exchange;
  for (Cursor at = *start; at.partition < partitions;
       at = {static_cast<std::uint16_t>(at.partition + 1), 0}) {
    const auto key =
        state == DeliveryState::pending ? queue_key(space, at.partition) : dead_key(space, at.partition);
    exchange.commands.push_back(list_partition(key, at, limit));
  }
  exchange.read = [start = *start, limit,
                   count = exchange.commands.size()](std::span<const Reply> replies) -> Outcome<DeliveryIds> {
    return check_replies(replies, count, "ZRANGE").and_then([&] { return read_ids(replies, start, limit); });
  };
  return exchange;
}

std::string next_without(const DeliveryIds& ids, const std::vector<std::string>& gone) {
  auto next = read_cursor(ids.next);
  if (ids.next.empty() || !next) return ids.next;
  for (const auto& place : ids.places) {
    const bool is_gone = std::ranges::find(gone, place.id) != gone.end();
    if (is_gone && place.partition == next->partition && next->offset > 0) --next->offset;
  }
  return cursor_at(*next);
}

DeliveryIds only(const std::string& id) {
  const auto session = std::string_view(id).substr(0, id.find(separator));
  return {.places = {{.partition = partition_of(session), .id = id}}};
}

Exchange<std::vector<ListedDelivery>> load_listed(const Space& space, DeliveryState state,
                                                  const DeliveryIds& ids) {
  Exchange<std::vector<ListedDelivery>> exchange;
  for (const auto& [p, id, due] : ids.places) {
    const auto key = state == DeliveryState::dead ? dead_records_key(space, p) : records_key(space, p);
    exchange.commands.push_back({.words = {"HGET", key, id}, .partition = p});
  }
  exchange.read = [state, ids](std::span<const Reply> replies) { return read_listed(state, ids, replies); };
  return exchange;
}

Exchange<StoreCounters> read_counters(const Space& space) {
  Exchange<StoreCounters> exchange;
  for (std::uint16_t p = 0; p < partitions; ++p) {
    exchange.commands.push_back(
        {.words = {"HGETALL", counters_key(space, p)}, .partition = p, .stands_alone = true});
  }
  exchange.read = [](std::span<const Reply> replies) -> Outcome<StoreCounters> {
    if (auto whole = check_replies(replies, partitions, "HGETALL"); !whole) return refuse(whole.error());
    StoreCounters counters;
    for (const auto name : counter_fields) counters.emplace(name, 0);
    for (const auto& reply : replies) {
      for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
        const auto name = reply[i].text();
        const auto count = reply[i + 1].integer();
        if (!name || !count) return refuse(unexpected_reply("HGETALL"));
        counters[std::string(*name)] += *count;
      }
    }
    return counters;
  };
  return exchange;
}

Exchange<Backlog> read_backlog(const Space& space) {
  Exchange<Backlog> exchange;
  for (std::uint16_t p = 0; p < partitions; ++p) {
    exchange.commands.push_back(
        {.words = {"ZCARD", queue_key(space, p)}, .partition = p, .stands_alone = true});
    exchange.commands.push_back(
        {.words = {"ZCARD", dead_key(space, p)}, .partition = p, .stands_alone = true});
  }
  exchange.read = [](std::span<const Reply> replies) -> Outcome<Backlog> {
    if (auto whole = check_replies(replies, 2 * partitions, "ZCARD"); !whole) return refuse(whole.error());
    Backlog backlog;
    for (std::size_t i = 0; i < replies.size(); i += 2) {
      const auto pending = replies[i].integer(), dead = replies[i + 1].integer();
      if (!pending || !dead) return refuse(unexpected_reply("ZCARD"));
      backlog.pending += *pending;
      backlog.dead += *dead;
    }
    return backlog;
  };
  return exchange;
}

Exchange<std::vector<StoreStatus>> read_statuses(const std::vector<Space>& spaces) {
  Exchange<std::vector<StoreStatus>> exchange;
  const auto add = [&](auto part) { std::ranges::move(part, std::back_inserter(exchange.commands)); };
  for (const auto& space : spaces) {
    add(read_backlog(space).commands);
    add(read_counters(space).commands);
  }
  exchange.read = [count = exchange.commands.size()](
                      std::span<const Reply> replies) -> Outcome<std::vector<StoreStatus>> {
    if (replies.size() != count) return refuse(unexpected_reply("ZCARD"));
    std::vector<StoreStatus> statuses;
    for (; !replies.empty(); replies = replies.subspan(3 * partitions))
      statuses.push_back(read_status(replies.first(3 * partitions)));
    return statuses;
  };
  return exchange;
}

}  // namespace slo::redis
