// SPDX-License-Identifier: BSD-2-Clause
// A list in the zone, which only grows: a store has few servers.
#include "ngx_module/nginx/shared_server.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr std::uint64_t unknown = ~std::uint64_t{0};

}  // namespace

struct SharedServer::Record {
  Record* next = nullptr;
  std::atomic<ngx_msec_t> written{};
  std::atomic<std::uint64_t> remembered{};
  std::array<std::atomic<std::uint64_t>, max_numbers> numbers{};
  std::size_t length = 0;
  std::array<char, max_name> name{};

  std::string_view its_name() const { return {name.data(), length}; }
};

namespace {

// Under the mutex.
SharedServer::Record* add_record(ngx_slab_pool_t* pool, std::string_view name, SharedServer::Record* next) {
  void* place = ngx_slab_alloc_locked(pool, sizeof(SharedServer::Record));
  if (place == nullptr) return nullptr;
  auto* record = ::new (place) SharedServer::Record;
  for (auto& number : record->numbers) number.store(unknown);
  record->length = std::min(name.size(), record->name.size());
  std::ranges::copy(name.substr(0, record->length), record->name.begin());
  record->next = next;
  return record;
}

}  // namespace

SharedServer::SharedServer(std::string_view name) {
  const SharedRecords all = shared_servers();
  if (all.pool == nullptr) return;
  const auto wanted = name.substr(0, max_name);
  std::size_t count = 0;
  ngx_shmtx_lock(&all.pool->mutex);
  auto* first = static_cast<Record*>(*all.first);
  for (auto* record = first; record != nullptr; record = record->next, ++count)
    if (record->its_name() == wanted) record_ = record;
  if (record_ == nullptr && count < max_servers) {
    record_ = add_record(all.pool, wanted, first);
    if (record_ != nullptr) *all.first = record_;
  }
  ngx_shmtx_unlock(&all.pool->mutex);
}

void SharedServer::write(const Numbers& numbers) const noexcept {
  for (std::size_t i = 0; i < max_numbers; ++i)
    record_->numbers[i].store(numbers[i].value_or(unknown), std::memory_order_relaxed);
  record_->written.store(ngx_current_msec | 1);
}

std::uint64_t SharedServer::remembered() const noexcept { return record_->remembered.load(); }
void SharedServer::remember(std::uint64_t word) const noexcept { record_->remembered.store(word); }

std::vector<KnownServer> known_servers(Millis within) {
  std::vector<KnownServer> known;
  const SharedRecords all = shared_servers();
  if (all.pool == nullptr) return known;
  known.reserve(SharedServer::max_servers);
  ngx_shmtx_lock(&all.pool->mutex);
  auto* record = static_cast<SharedServer::Record*>(*all.first);
  ngx_shmtx_unlock(&all.pool->mutex);
  for (; record != nullptr; record = record->next) {  // what stands behind the first one stays as it is
    const ngx_msec_t written = record->written.load();
    if (written == 0 || Millis(static_cast<ngx_msec_int_t>(ngx_current_msec - written)) > within) continue;
    KnownServer server{.name = std::string(record->its_name())};
    for (std::size_t i = 0; i < SharedServer::max_numbers; ++i) {
      const std::uint64_t number = record->numbers[i].load(std::memory_order_relaxed);
      if (number != unknown) server.numbers[i] = number;
    }
    known.push_back(std::move(server));
  }
  std::ranges::sort(known, {}, &KnownServer::name);
  return known;
}

}  // namespace slo::ngx
