// SPDX-License-Identifier: BSD-2-Clause
// Lays the marks' shared memory out: a header, the parts of the providers, and in the rest the table.
#include "ngx_module/marks/marks_zone.h"

#include <sys/random.h>

#include <algorithm>
#include <new>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// Half of what is left goes to the table if there is little of it, else all but what a thousand providers
// take.
std::size_t table_size(std::size_t left) noexcept {
  constexpr std::size_t for_providers = 2 * 1024 * 1024;
  return std::max(left / 2, left - std::min(left, for_providers));
}

MarksZone* make_zone(ngx_slab_pool_t& pool) {
  void* place = ngx_slab_calloc(&pool, sizeof(MarksZone));
  if (place == nullptr) return nullptr;
  auto* zone = ::new (place) MarksZone;
  if (getrandom(zone->secret.data(), zone->secret.size(), 0) != static_cast<ssize_t>(zone->secret.size()))
    return nullptr;
  const std::size_t bytes = table_size((pool.pfree - 1) * ngx_pagesize);
  void* buckets = ngx_slab_calloc(&pool, bytes);
  if (buckets == nullptr) return nullptr;
  zone->buckets = static_cast<MarkTable::Bucket*>(buckets);
  zone->bucket_count = bytes / sizeof(MarkTable::Bucket);
  zone->pool = &pool;
  pool.log_nomem = 0;  // who finds no room says so himself
  pool.data = zone;
  return zone;
}

ngx_int_t lay_out(ngx_shm_zone_t* shm, void* old) {
  auto* zone = static_cast<MarksZone*>(old);  // a reload: the content stays
  auto* pool = reinterpret_cast<ngx_slab_pool_t*>(shm->shm.addr);
  if (zone == nullptr) zone = shm->shm.exists ? static_cast<MarksZone*>(pool->data) : make_zone(*pool);
  if (zone == nullptr) return NGX_ERROR;
  ++zone->generation;
  shm->data = zone;
  return NGX_OK;
}

}  // namespace

ngx_int_t add_marks_zone(ngx_conf_t* cf, StoreConf& store) {
  ngx_str_t name = to_ngx(cf->pool, std::string(view(store.zone->shm.name)) + "_marks");
  store.marks_zone = ngx_shared_memory_add(cf, &name, store.marks_size, &ngx_http_slo_module);
  if (store.marks_zone == nullptr) return NGX_ERROR;
  store.marks_zone->init = lay_out;
  return NGX_OK;
}

std::uint64_t hash_of(const MarksZone& zone, std::string_view bytes) noexcept {
  std::uint64_t hash = 0;
  static_assert(crypto_shorthash_BYTES == sizeof hash);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), zone.secret.data());
  return hash;
}

ProviderMarks* part_in(MarksZone& zone, const std::string& tag) noexcept {
  const Locked locked(zone);
  for (auto* its = zone.providers; its != nullptr; its = its->next) {
    if (std::string_view(its->tag.data()) == tag) return its;
  }
  void* place = ngx_slab_calloc_locked(zone.pool, sizeof(ProviderMarks));
  if (place == nullptr) return nullptr;
  auto* its = ::new (place) ProviderMarks;
  tag.copy(its->tag.data(), its->tag.size() - 1);
  its->salt = hash_of(zone, tag);
  its->next = zone.providers;
  zone.providers = its;
  return its;
}

}  // namespace slo::ngx
