// SPDX-License-Identifier: BSD-2-Clause
// This host's shared memory: request counters, open circuits, and notes of what was registered lately.
//
// Lock-free by design: counters are atomics, and a note is one 64-bit word in a direct-mapped table. A lost
// race costs one more (harmless, idempotent) registration, never a missed one: the word holds most of the
// fingerprint itself. What a note spares is looked at again a moment later (repeats.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// One list of counters; the status page is generated from it.
enum class Counter : std::uint8_t {
  logouts_ended,
  logouts_already_over,
  logouts_unknown,
  logouts_asked,
  logouts_stayed,
  logouts_refused,
  logouts_failed,
  registrations,
  registrations_failed,
  deliveries_delivered,
  deliveries_retried,
  deliveries_abandoned,
  sessions_expired,
  store_emptied,
  upstream_logouts_done,
  upstream_logouts_failed,
  logouts_received,
  logouts_received_refused,
  guard_closed,
  cookies_kept_out,
  bindings_failed,
  store_unconfirmed,
};
inline constexpr auto counter_names =
    std::to_array<std::string_view>({"logouts_ended",         "logouts_already_over",
                                     "logouts_unknown",       "logouts_asked",
                                     "logouts_stayed",        "logouts_refused",
                                     "logouts_failed",        "registrations",
                                     "registrations_failed",  "deliveries_delivered",
                                     "deliveries_retried",    "deliveries_abandoned",
                                     "sessions_expired",      "store_emptied",
                                     "upstream_logouts_done", "upstream_logouts_failed",
                                     "logouts_received",      "logouts_received_refused",
                                     "guard_closed",          "cookies_kept_out",
                                     "bindings_failed",       "store_unconfirmed"});
static_assert(counter_names.size() == static_cast<std::size_t>(Counter::store_unconfirmed) + 1,
              "a name for each");

// Called while slo_store is read. Null if nginx cannot add the zone.
ngx_shm_zone_t* add_zone(ngx_conf_t* cf, ngx_str_t& name, std::size_t size);

void count(Counter counter) noexcept;  // of this worker's zone; nothing where there is none
std::uint64_t value_of(Counter counter) noexcept;

// So many circuits this worker has open of the provider at `index`; nought from the beginning.
void begin_open_circuits(std::size_t index) noexcept;
void set_open_circuits(std::size_t index, unsigned count) noexcept;
// Summed over this host's workers (worker_cells.h).
std::uint64_t open_circuits(std::size_t index) noexcept;

// Was `fingerprint` noted within the last `fresh_for`? Notes it now if it was not.
bool noted(std::uint64_t fingerprint, TimeS now, Seconds fresh_for) noexcept;
void forget_note(std::uint64_t fingerprint) noexcept;
void forget_all_notes() noexcept;

// The store at `place` holds `id`: true for the one worker of this host that is first to say so of an id
// other than the last. `is_first`: of this worker; then a new place may take an old one's room.
bool store_was_replaced(std::uint32_t place, std::uint32_t id, bool is_first) noexcept;

// The same of a partition of the store that was seen last; of what a new store has, nothing is told.
bool partition_was_replaced(std::uint16_t partition, std::uint32_t id) noexcept;

// Which one this host has seen there last, and where; 0: none yet. Another one also where only partitions
// were replaced.
std::uint64_t store_seen() noexcept;

// What a store and its user (`between`, a digest of both) have agreed on holds for workers that begin later.
void note_agreement(std::uint32_t between) noexcept;
void forget_agreement() noexcept;
bool have_agreed(std::uint32_t between) noexcept;

// Do replicas of this server (a digest of where it is) confirm what ends? True for the worker of this host
// who is to say so: of the first time that they did not, and of the first time that they did when they had
// not failed to for a second.
bool replicas_failed(std::uint32_t server) noexcept;
bool replicas_came_back(std::uint32_t server) noexcept;

// Which zone the free functions above mean, set once per worker.
void use_zone(ngx_shm_zone_t* zone) noexcept;

// The memory of that zone that is left for shared_document.h and shared_server.h, and the first of their
// records; null: no zone.
struct SharedRecords {
  ngx_slab_pool_t* pool = nullptr;
  void** first = nullptr;  // under the pool's mutex
};
SharedRecords shared_documents() noexcept;
SharedRecords shared_servers() noexcept;

}  // namespace slo::ngx
