// SPDX-License-Identifier: BSD-2-Clause
// Lays the shared memory out: a header with the counters, and in the rest notes and the workers' cells.
#include "ngx_module/nginx/zone.h"

#include <array>
#include <atomic>
#include <new>

#include "ngx_module/nginx/worker_cells.h"

namespace slo::ngx {
namespace {

// A note: the upper 40 bits of the fingerprint and the low 24 bits of the second it was written (194 days).
constexpr std::uint64_t second_mask = 0xffffff;

struct Zone {
  std::array<std::atomic<std::uint64_t>, counter_names.size()> counters{};
  std::atomic<std::uint64_t> store{};  // where it is, and which one it was when somebody looked last
  // Of a cluster's partitions: of which store, and which id was seen last; and how often one was replaced.
  std::array<std::atomic<std::uint64_t>, 64> partitions{};
  std::atomic<std::uint64_t> replaced{};
  std::atomic<std::uint64_t> agreement{};  // 0: none
  // When replicas of a store, or of a node of a cluster, failed last to confirm something; 0: they confirm.
  std::array<std::atomic<ngx_msec_t>, 16> unconfirmed{};
  std::uint64_t places = 0;  // a power of two
  std::atomic<std::uint64_t>* notes = nullptr;
  std::size_t cell_count = 0;
  WorkerCells::Word* cells = nullptr;  // of open circuits: a row for each provider
  ngx_slab_pool_t* pool = nullptr;     // what is left of it is for documents
  void* documents = nullptr;
  void* servers = nullptr;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

Zone* zone_here = nullptr;

std::uint64_t places_that_fit(std::size_t bytes) {
  std::uint64_t places = 1;
  while (places * 2 * sizeof(std::atomic<std::uint64_t>) <= bytes) places *= 2;
  return places;
}

ngx_int_t lay_out(ngx_shm_zone_t* shm, void* old) {
  if (old != nullptr) {  // a reload: the content stays
    shm->data = old;
    return NGX_OK;
  }
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(shm->shm.addr);
  if (shm->shm.exists) {
    shm->data = pool->data;
    return NGX_OK;
  }
  void* place = ngx_slab_calloc(pool, sizeof(Zone));
  if (place == nullptr) return NGX_ERROR;
  auto* zone = ::new (place) Zone;
  // The slab keeps a page or more for itself; of what is left the notes take half at most, and the cells a
  // quarter, each as one run of pages.
  zone->cell_count = pool->pfree / 4 * ngx_pagesize / sizeof(WorkerCells::Word);
  zone->places = places_that_fit(pool->pfree * ngx_pagesize / 2);
  void* notes = ngx_slab_calloc(pool, zone->places * sizeof(std::atomic<std::uint64_t>));
  void* cells = ngx_slab_calloc(pool, zone->cell_count * sizeof(WorkerCells::Word));
  if (notes == nullptr || cells == nullptr) return NGX_ERROR;
  zone->notes = static_cast<std::atomic<std::uint64_t>*>(notes);
  zone->cells = static_cast<WorkerCells::Word*>(cells);
  zone->pool = pool;
  pool->log_nomem = 0;  // who finds no room says so himself
  pool->data = zone;
  shm->data = zone;
  return NGX_OK;
}

WorkerCells cells_here() noexcept {
  const auto* conf =
      reinterpret_cast<const ngx_core_conf_t*>(ngx_get_conf(ngx_cycle->conf_ctx, ngx_core_module));
  if (zone_here == nullptr) return {{}, 0};
  return {{zone_here->cells, zone_here->cell_count}, static_cast<std::size_t>(conf->worker_processes)};
}

WorkerCells::Worker this_worker() noexcept {
  return {.number = ngx_worker, .pid = static_cast<std::uint32_t>(ngx_pid)};
}

std::atomic<std::uint64_t>& place_of(std::uint64_t fingerprint) noexcept {
  return zone_here->notes[fingerprint & (zone_here->places - 1)];
}

std::uint64_t note_at(std::uint64_t fingerprint, TimeS now) noexcept {
  return (fingerprint & ~second_mask) |
         (static_cast<std::uint64_t>(now.time_since_epoch().count()) & second_mask);
}

}  // namespace

ngx_shm_zone_t* add_zone(ngx_conf_t* cf, ngx_str_t& name, std::size_t size) {
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_slo_module);
  if (zone != nullptr) zone->init = lay_out;
  return zone;
}

void use_zone(ngx_shm_zone_t* zone) noexcept {
  zone_here = zone == nullptr ? nullptr : static_cast<Zone*>(zone->data);
}

void count(Counter counter) noexcept {
  if (zone_here != nullptr) {
    zone_here->counters[static_cast<std::size_t>(counter)].fetch_add(1, std::memory_order_relaxed);
  }
}

std::uint64_t value_of(Counter counter) noexcept {
  if (zone_here == nullptr) return 0;
  return zone_here->counters[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
}

void begin_open_circuits(std::size_t index) noexcept { cells_here().begin(index, this_worker()); }

void set_open_circuits(std::size_t index, unsigned count) noexcept {
  cells_here().set(index, this_worker(), count);
}

std::uint64_t open_circuits(std::size_t index) noexcept { return cells_here().sum(index); }

bool noted(std::uint64_t fingerprint, TimeS now, Seconds fresh_for) noexcept {
  if (zone_here == nullptr) return false;
  auto& place = place_of(fingerprint);
  const std::uint64_t note = place.load(std::memory_order_relaxed);
  const std::uint64_t current = note_at(fingerprint, now);
  const std::uint64_t age = (current - note) & second_mask;
  const bool same = (note & ~second_mask) == (current & ~second_mask);
  if (same && age < static_cast<std::uint64_t>(fresh_for.count())) return true;
  place.store(current, std::memory_order_relaxed);
  return false;
}

void forget_note(std::uint64_t fingerprint) noexcept {
  if (zone_here == nullptr) return;
  auto& place = place_of(fingerprint);
  std::uint64_t note = place.load(std::memory_order_relaxed);
  if ((note & ~second_mask) == (fingerprint & ~second_mask)) place.compare_exchange_strong(note, 0);
}

void forget_all_notes() noexcept {
  if (zone_here == nullptr) return;
  for (std::uint64_t i = 0; i < zone_here->places; ++i) {
    zone_here->notes[i].store(0, std::memory_order_relaxed);
  }
}

// A draining worker of another configuration may still speak of another place: it is not heard.
bool store_was_replaced(std::uint32_t place, std::uint32_t id, bool is_first) noexcept {
  if (zone_here == nullptr) return false;
  const std::uint64_t now = std::uint64_t{place} << 32 | id;
  std::uint64_t before = zone_here->store.load();
  bool is_same_place = false;
  do {
    if (before == now) return false;
    is_same_place = before != 0 && before >> 32 == place;
    if (before != 0 && !is_same_place && !is_first) return false;
  } while (!zone_here->store.compare_exchange_weak(before, now));
  return is_same_place;
}

bool partition_was_replaced(std::uint16_t partition, std::uint32_t id) noexcept {
  if (zone_here == nullptr) return false;
  const std::uint64_t store = zone_here->store.load();
  const std::uint64_t now = (store ^ store << 32) >> 32 << 32 | id;
  const std::uint64_t before = zone_here->partitions.at(partition).exchange(now);
  if (before == now || before == 0 || before >> 32 != now >> 32) return false;
  zone_here->replaced.fetch_add(1);
  return true;
}

std::uint64_t store_seen() noexcept {
  const std::uint64_t store = zone_here == nullptr ? 0 : zone_here->store.load();
  return store == 0 ? 0 : store + zone_here->replaced.load();
}

void note_agreement(std::uint32_t between) noexcept {
  if (zone_here != nullptr) zone_here->agreement.store(std::uint64_t{1} << 32 | between);
}

void forget_agreement() noexcept {
  if (zone_here != nullptr) zone_here->agreement.store(0);
}

bool have_agreed(std::uint32_t between) noexcept {
  return zone_here != nullptr && zone_here->agreement.load() == (std::uint64_t{1} << 32 | between);
}

bool replicas_failed(std::uint32_t server) noexcept {
  if (zone_here == nullptr) return false;
  auto& unconfirmed = zone_here->unconfirmed[server % zone_here->unconfirmed.size()];
  return unconfirmed.exchange(ngx_current_msec | 1) == 0;
}

bool replicas_came_back(std::uint32_t server) noexcept {
  if (zone_here == nullptr) return false;
  auto& unconfirmed = zone_here->unconfirmed[server % zone_here->unconfirmed.size()];
  ngx_msec_t last = unconfirmed.load(std::memory_order_relaxed);
  constexpr ngx_msec_int_t quiet{1000};
  if (last == 0 || static_cast<ngx_msec_int_t>(ngx_current_msec - last) < quiet) return false;
  return unconfirmed.compare_exchange_strong(last, 0);
}

SharedRecords shared_documents() noexcept {
  if (zone_here == nullptr) return {};
  return {.pool = zone_here->pool, .first = &zone_here->documents};
}

SharedRecords shared_servers() noexcept {
  if (zone_here == nullptr) return {};
  return {.pool = zone_here->pool, .first = &zone_here->servers};
}

}  // namespace slo::ngx
