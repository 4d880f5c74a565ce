// SPDX-License-Identifier: BSD-2-Clause
// Claims, settles and lists deliveries. Every step is one script, fenced by the token of its lease.
#pragma once

#include <string>
#include <vector>

#include "core/admin/api.h"
#include "core/admin/status_page.h"
#include "core/delivery/delivery.h"
#include "redis_schema/bundle.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

inline constexpr unsigned max_dead_letters = 1000;  // per partition; the oldest go first

// `caller`, here and below: a random name of this one call, by which it is known again should its answer have
// been lost and the exchange be repeated. Without one it is a call like any other.

// What is due in `count` partitions from `first` on (wrapping round), at most `limit` of each, leased for
// `lease`.
Exchange<Owed> claim(const Space&, std::uint16_t first, std::uint16_t count, unsigned limit, Millis lease,
                     const std::string& caller = {});

// `crowded`: dead, and the oldest dead letter was dropped for it.
enum class Settled : std::uint8_t { stale, delivered, rescheduled, dead, crowded };
struct Settlement {
  Delivery delivery{};
  Verdict verdict{};
};
// One pipelined batch. `stale`: the lease was lost to another worker, whose word counts. Its caller is known
// by the leases.
Exchange<std::vector<Settled>> settle(const Space&, const std::vector<Settlement>& settlements);

// Puts a dead letter back into the queue, as if new; its token goes on. False: there is no such dead letter.
Exchange<bool> redrive(const Space&, const std::string& delivery_id, const std::string& caller = {});
// The same for several; one answer each.
Exchange<std::vector<bool>> redrive_all(const Space&, const std::vector<std::string>& delivery_ids,
                                        const std::string& caller = {});
// Forgets a delivery, dead or pending. False: there is no such delivery.
Exchange<bool> drop(const Space&, const std::string& delivery_id, const std::string& caller = {});
// May `id` be that of one delivery? (A bundle's stands for all of a session: it is neither redriven nor
// dropped.)
bool is_delivery_id(std::string_view id);

// A page of deliveries: step one finds ids, step two loads their records. `cursor`: where the last page
// ended, empty for the first (`<partition>.<offset>`; api_parameter_invalid otherwise); `next` is empty after
// the last.
struct DeliveryIds {
  struct Place {
    std::uint16_t partition{};
    std::string id{};
    TimeMs due{};
  };
  std::vector<Place> places{};
  std::string next{};
};
Outcome<Exchange<DeliveryIds>> list_ids(const Space&, DeliveryState state, unsigned limit,
                                        const std::string& cursor);
// Where the page after `ids` begins once `gone` of them have left the list.
std::string next_without(const DeliveryIds& ids, const std::vector<std::string>& gone);
// That one delivery, for load_listed(); its `due` is not known.
DeliveryIds only(const std::string& delivery_id);
Exchange<std::vector<ListedDelivery>> load_listed(const Space&, DeliveryState state, const DeliveryIds& ids);

// The durable counters of one issuer, summed over all partitions: new, late, left, end:rp, end:expired,
// end:admin, end:op, enq, ok, retry, dead, redriven, dropped, forgotten. Those that never happened are 0.
Exchange<StoreCounters> read_counters(const Space&);
// Over all partitions.
Exchange<Backlog> read_backlog(const Space&);
// Both, of several issuers, in one pipelined batch; one answer each, in their order. What is refused of one
// leaves the others as they are.
Exchange<std::vector<StoreStatus>> read_statuses(const std::vector<Space>& spaces);

}  // namespace slo::redis
