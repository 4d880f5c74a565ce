// SPDX-License-Identifier: BSD-2-Clause
// Claims and settles deliveries; redrives dead letters.
#include "redis_schema/deliveries.h"

#include <algorithm>
#include <variant>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

constexpr unsigned claim_limit = 1000;  // of one partition; Lua unpacks them on its stack

Command claim_in(const Space& space, std::uint16_t partition, unsigned limit, Millis lease) {
  return run_script(
      claim_script, partition,
      {queue_key(space, partition), records_key(space, partition), attempts_key(space, partition)},
      {std::to_string(std::min(limit, claim_limit)), std::to_string(lease.count())});
}

Outcome<void> read_claimed(const Reply& reply, std::vector<Delivery>& claimed) {
  if (reply.is_error()) return refuse(refusal_of(reply));
  if (!reply.is_array()) return refuse(unexpected_reply("claim"));
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto id = reply[i][0].text(), record = reply[i][1].text();
    const auto attempt = reply[i][2].integer();
    if (!id || !record || !attempt) return refuse(unexpected_reply("claim"));
    auto delivery = read_record(*id, *record).delivery;
    delivery.attempt = static_cast<unsigned>(*attempt);
    claimed.push_back(std::move(delivery));
  }
  return {};
}

// Where one partition refuses, what the others leased must not be forgotten.
Outcome<std::vector<Delivery>> read_all_claimed(std::span<const Reply> replies) {
  std::vector<Delivery> claimed;
  Outcome<void> whole{};
  for (const auto& reply : replies) {
    auto part = read_claimed(reply, claimed);
    if (!part && whole) whole = std::move(part);
  }
  if (claimed.empty() && !whole) return refuse(whole.error());
  return claimed;
}

Command acknowledge(const Space& space, const Delivery& delivery) {
  const auto p = partition_of(delivery.session.value);
  return run_script(
      ack_script, p,
      {queue_key(space, p), records_key(space, p), attempts_key(space, p), counters_key(space, p)},
      {delivery.id, std::to_string(delivery.attempt)});
}

Command put_off(const Space& space, const Delivery& delivery, Millis delay, const std::string& why) {
  const auto p = partition_of(delivery.session.value);
  return run_script(nack_script, p,
                    {queue_key(space, p), records_key(space, p), attempts_key(space, p),
                     counters_key(space, p), dead_key(space, p), dead_records_key(space, p)},
                    {delivery.id, std::to_string(delivery.attempt), std::to_string(delay.count()), why,
                     std::to_string(dead_letter_cap)});
}

Command settle_one(const Space& space, const Settlement& settlement) {
  const auto& delivery = settlement.delivery;
  if (const auto* retry = std::get_if<RetryAt>(&settlement.verdict)) {
    return put_off(space, delivery, std::max(retry->delay, Millis{0}), retry->why);
  }
  if (const auto* abandon = std::get_if<Abandon>(&settlement.verdict)) {
    return put_off(space, delivery, Millis{-1}, abandon->why);
  }
  return acknowledge(space, delivery);
}

Outcome<Settled> read_settled(const Reply& reply, bool is_ack) {
  const auto code = reply.integer();
  if (code == 0) return Settled::stale;
  if (code == 1) return is_ack ? Settled::delivered : Settled::rescheduled;
  if (code == 2 && !is_ack) return Settled::dead;
  return refuse(unexpected_reply(is_ack ? "ack" : "nack"));
}

}  // namespace

Exchange<std::vector<Delivery>> claim(const Space& space, std::uint16_t first, std::uint16_t count,
                                      unsigned limit, Millis lease) {
  Exchange<std::vector<Delivery>> exchange;
  for (unsigned i = 0; i < std::min(count, partitions); ++i) {
    const auto partition = static_cast<std::uint16_t>((first + i) % partitions);
    exchange.commands.push_back(claim_in(space, partition, limit, lease));
  }
  exchange.read = read_all_claimed;
  return exchange;
}

Exchange<std::vector<Settled>> settle(const Space& space, const std::vector<Settlement>& settlements) {
  Exchange<std::vector<Settled>> exchange;
  std::vector<bool> acks;
  for (const auto& settlement : settlements) {
    exchange.commands.push_back(settle_one(space, settlement));
    acks.push_back(std::holds_alternative<Delivered>(settlement.verdict));
  }
  exchange.read = [acks](std::span<const Reply> replies) -> Outcome<std::vector<Settled>> {
    if (auto whole = check_replies(replies, acks.size(), "settle"); !whole) return refuse(whole.error());
    std::vector<Settled> settled;
    for (std::size_t i = 0; i < acks.size(); ++i) {
      auto one = read_settled(replies[i], acks[i]);
      if (!one) return refuse(one.error());
      settled.push_back(*one);
    }
    return settled;
  };
  return exchange;
}

Exchange<bool> redrive(const Space& space, const std::string& id) {
  const auto p = partition_of(std::string_view(id).substr(0, id.find(separator)));
  return {
      .commands = {run_script(redrive_script, p,
                              {queue_key(space, p), records_key(space, p), dead_key(space, p),
                               dead_records_key(space, p), counters_key(space, p)},
                              {id})},
      .read = [](std::span<const Reply> replies) -> Outcome<bool> {
        if (auto whole = check_replies(replies, 1, "redrive"); !whole) return refuse(whole.error());
        const auto code = replies[0].integer();
        if (code != 0 && code != 1) return refuse(unexpected_reply("redrive"));
        return code == 1;
      },
  };
}

}  // namespace slo::redis
