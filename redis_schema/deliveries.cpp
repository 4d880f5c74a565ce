// SPDX-License-Identifier: BSD-2-Clause
// Claims and settles deliveries; redrives and drops them.
#include "redis_schema/deliveries.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <variant>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

constexpr unsigned max_claimed = 1000;  // of one partition; Lua unpacks them on its stack
constexpr std::size_t max_settled_at_once = 1000;

Command claim_in(const Space& space, std::uint16_t partition, unsigned limit, Millis lease,
                 const std::string& caller) {
  auto command =
      run_script(claim_script, partition,
                 {queue_key(space, partition), records_key(space, partition), tokens_key(space, partition),
                  claimed_key(space, partition, caller)},
                 {std::to_string(std::min(limit, max_claimed)), std::to_string(lease.count()), caller});
  command.stands_alone = true;
  return command;
}

Outcome<void> read_claimed(const Reply& reply, Owed& claimed) {
  if (reply.is_error()) return refuse(refusal_of(reply));
  if (!reply.is_array()) return refuse(unexpected_reply("claim"));
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto id = reply[i][0].text(), record = reply[i][1].text();
    const auto lease = reply[i][2].integer();
    if (!id || !record || !lease) return refuse(unexpected_reply("claim"));
    const auto token = static_cast<std::uint64_t>(*lease);
    if (is_bundle(*id)) {
      claimed.bundles.push_back(read_bundle(*id, *record, token));
    } else {
      claimed.deliveries.push_back(read_record(*id, *record).delivery);
      claimed.deliveries.back().token = token;
    }
  }
  return {};
}

// Where one partition refuses, what the others leased must not be forgotten.
Outcome<Owed> read_all_claimed(std::span<const Reply> replies) {
  Owed claimed;
  Outcome<void> whole{};
  for (const auto& reply : replies) {
    auto part = read_claimed(reply, claimed);
    if (!part && whole) whole = std::move(part);
  }
  if (claimed == Owed{} && !whole) return refuse(whole.error());
  return claimed;
}

// Settlements of one command, by their places in the batch.
using Places = std::vector<std::size_t>;

// All of one partition.
Command acknowledge(const Space& space, const std::vector<Settlement>& settlements, const Places& places) {
  const auto p = partition_of(settlements[places.front()].delivery.session.value);
  std::vector<std::string> leases;
  for (const auto place : places) {
    leases.push_back(settlements[place].delivery.id);
    leases.push_back(std::to_string(settlements[place].delivery.token));
  }
  return run_script(ack_script, p,
                    {queue_key(space, p), records_key(space, p), tokens_key(space, p), counters_key(space, p),
                     done_key(space, p)},
                    std::move(leases));
}

Command put_off(const Space& space, const Delivery& delivery, Millis delay, const std::string& why,
                bool is_tried) {
  const auto p = partition_of(delivery.session.value);
  return run_script(nack_script, p,
                    {queue_key(space, p), records_key(space, p), tokens_key(space, p), counters_key(space, p),
                     dead_key(space, p), dead_records_key(space, p)},
                    {delivery.id, std::to_string(delivery.token), std::to_string(delay.count()), why,
                     std::to_string(max_dead_letters), is_tried ? "1" : "0"});
}

Command put_off(const Space& space, const Settlement& settlement) {
  if (const auto* retry = std::get_if<RetryAt>(&settlement.verdict)) {
    return put_off(space, settlement.delivery, std::max(retry->delay, Millis{0}), retry->why, retry->tried);
  }
  return put_off(space, settlement.delivery, Millis{-1}, std::get<Abandon>(settlement.verdict).why, true);
}

bool is_delivered(const Settlement& settlement) {
  return std::holds_alternative<Delivered>(settlement.verdict);
}

// Those of one partition leave together; of a thousand receivers of one session there is one command each
// turn.
std::vector<Places> group_delivered(const std::vector<Settlement>& settlements) {
  std::map<std::uint16_t, Places> by_partition;
  for (std::size_t i = 0; i < settlements.size(); ++i) {
    if (!is_delivered(settlements[i])) continue;
    by_partition[partition_of(settlements[i].delivery.session.value)].push_back(i);
  }
  std::vector<Places> groups;
  for (const auto& [partition, places] : by_partition) {
    for (std::size_t from = 0; from < places.size(); from += max_settled_at_once) {
      const auto begin = places.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = static_cast<std::ptrdiff_t>(std::min(max_settled_at_once, places.size() - from));
      groups.emplace_back(begin, begin + count);
    }
  }
  return groups;
}

Outcome<void> read_acknowledged(const Reply& reply, const Places& places, std::vector<Settled>& settled) {
  if (!reply.is_array() || reply.size() != places.size()) return refuse(unexpected_reply("ack"));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto code = reply[i].integer();
    if (code != 0 && code != 1) return refuse(unexpected_reply("ack"));
    settled[places[i]] = code == 1 ? Settled::delivered : Settled::stale;
  }
  return {};
}

Outcome<Settled> read_put_off(const Reply& reply) {
  const auto code = reply.integer();
  if (code == 0) return Settled::stale;
  if (code == 1) return Settled::rescheduled;
  if (code == 2) return Settled::dead;
  if (code == 3) return Settled::crowded;
  return refuse(unexpected_reply("nack"));
}

// In the order in which settle() asks: first the groups, then the others one by one.
Outcome<std::vector<Settled>> read_settled(std::span<const Reply> replies, const std::vector<Places>& groups,
                                           const Places& others) {
  auto whole = check_replies(replies, groups.size() + others.size(), "settle");
  std::size_t count = others.size();
  for (const auto& group : groups) count += group.size();
  std::vector<Settled> settled(count);
  for (std::size_t i = 0; whole && i < groups.size(); ++i) {
    whole = read_acknowledged(replies[i], groups[i], settled);
  }
  if (!whole) return refuse(whole.error());
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto one = read_put_off(replies[groups.size() + i]);
    if (!one) return refuse(one.error());
    settled[others[i]] = *one;
  }
  return settled;
}

Command redrive_one(const Space& space, const std::string& id, const std::string& caller) {
  const auto p = partition_of(std::string_view(id).substr(0, id.find(separator)));
  return run_script(redrive_script, p,
                    {queue_key(space, p), records_key(space, p), tokens_key(space, p), dead_key(space, p),
                     dead_records_key(space, p), counters_key(space, p), done_key(space, p)},
                    {id, caller});
}

Exchange<bool> yes_or_no(std::string_view script, Command command) {
  return {
      .commands = {std::move(command)},
      .read = [script](std::span<const Reply> replies) -> Outcome<bool> {
        if (auto whole = check_replies(replies, 1, script); !whole) return refuse(whole.error());
        const auto code = replies[0].integer();
        if (code != 0 && code != 1) return refuse(unexpected_reply(script));
        return code == 1;
      },
  };
}

}  // namespace

Exchange<Owed> claim(const Space& space, std::uint16_t first, std::uint16_t count, unsigned limit,
                     Millis lease, const std::string& caller) {
  Exchange<Owed> exchange;
  for (unsigned i = 0; i < std::min(count, partitions); ++i) {
    const auto partition = static_cast<std::uint16_t>((first + i) % partitions);
    exchange.commands.push_back(claim_in(space, partition, limit, lease, caller));
  }
  exchange.read = read_all_claimed;
  return exchange;
}

Exchange<std::vector<Settled>> settle(const Space& space, const std::vector<Settlement>& settlements) {
  Exchange<std::vector<Settled>> exchange;
  const std::vector<Places> groups = group_delivered(settlements);
  for (const auto& group : groups) exchange.commands.push_back(acknowledge(space, settlements, group));
  Places others;
  for (std::size_t i = 0; i < settlements.size(); ++i) {
    if (is_delivered(settlements[i])) continue;
    exchange.commands.push_back(put_off(space, settlements[i]));
    others.push_back(i);
  }
  exchange.read = [groups, others](std::span<const Reply> replies) {
    return read_settled(replies, groups, others);
  };
  return exchange;
}

Exchange<bool> redrive(const Space& space, const std::string& id, const std::string& caller) {
  return yes_or_no("redrive", redrive_one(space, id, caller));
}

Exchange<std::vector<bool>> redrive_all(const Space& space, const std::vector<std::string>& ids,
                                        const std::string& caller) {
  Exchange<std::vector<bool>> exchange;
  for (const auto& id : ids) exchange.commands.push_back(redrive_one(space, id, caller));
  exchange.read = [count = ids.size()](std::span<const Reply> replies) -> Outcome<std::vector<bool>> {
    if (auto whole = check_replies(replies, count, "redrive"); !whole) return refuse(whole.error());
    std::vector<bool> redriven;
    for (const auto& reply : replies) redriven.push_back(reply.integer() == 1);
    return redriven;
  };
  return exchange;
}

Exchange<bool> drop(const Space& space, const std::string& id, const std::string& caller) {
  const auto p = partition_of(std::string_view(id).substr(0, id.find(separator)));
  return yes_or_no("drop", run_script(drop_script, p,
                                      {queue_key(space, p), records_key(space, p), tokens_key(space, p),
                                       dead_key(space, p), dead_records_key(space, p), counters_key(space, p),
                                       done_key(space, p)},
                                      {id, caller}));
}

bool is_delivery_id(std::string_view id) { return !is_bundle(id); }

}  // namespace slo::redis
