// SPDX-License-Identifier: BSD-2-Clause
// A text in the zone that all workers of this host share, with its plan and with who is fetching it.
#include "ngx_module/nginx/shared_document.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

#include "core/digest.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

using Name = std::array<unsigned char, 32>;

Name name_of(std::string_view text) {
  const std::string digest = sha256(text);
  Name name{};
  ngx_memcpy(name.data(), digest.data(), name.size());
  return name;
}

// Whose, and until when, in the low half of its milliseconds.
std::uint64_t lease_of(ngx_pid_t owner, Millis end) noexcept {
  return static_cast<std::uint64_t>(owner) << 32 | static_cast<std::uint32_t>(end.count());
}

bool is_held(std::uint64_t lease) noexcept {
  if (lease == 0) return false;
  const auto left = static_cast<std::int32_t>(static_cast<std::uint32_t>(lease) -
                                              static_cast<std::uint32_t>(now_of_host().count()));
  if (left <= 0) return false;
  const bool is_dead = kill(static_cast<ngx_pid_t>(lease >> 32), 0) == -1 && errno == ESRCH;
  return !is_dead;
}

}  // namespace

struct SharedDocument::Record {
  Name name{};
  Record* next = nullptr;
  std::atomic<std::uint64_t> version{};
  std::atomic<std::uint64_t> lease{};
  std::atomic<std::uint64_t> fetches{};
  // Under the mutex.
  FetchPlan plan{};
  u_char* text = nullptr;
  std::size_t size = 0;
};

namespace {

// Of this worker's configuration. What others had, an older one alone asks for.
std::vector<SharedDocument::Record*> opened;

void forget_others(ngx_slab_pool_t* pool, SharedDocument::Record* first) {
  for (auto* record = first; record != nullptr; record = record->next) {
    if (record->text == nullptr || std::ranges::find(opened, record) != opened.end()) continue;
    ngx_slab_free_locked(pool, std::exchange(record->text, nullptr));
    record->size = 0;
    record->version.fetch_add(1);
    record->plan = {};
  }
}

}  // namespace

SharedDocument::SharedDocument(std::string_view name) {
  const SharedRecords all = shared_documents();
  if (all.pool == nullptr) return;
  pool_ = all.pool;
  const Name wanted = name_of(name);
  lock();
  for (auto* record = static_cast<Record*>(*all.first); record != nullptr; record = record->next) {
    if (record->name == wanted) record_ = record;
  }
  if (record_ == nullptr) {
    if (void* place = ngx_slab_alloc_locked(pool_, sizeof(Record))) {
      record_ = ::new (place) Record;
      record_->name = wanted;
      record_->next = static_cast<Record*>(*all.first);
      *all.first = record_;
    }
  }
  unlock();
  if (record_ != nullptr) opened.push_back(record_);
}

void SharedDocument::lock() const noexcept { ngx_shmtx_lock(&pool_->mutex); }
void SharedDocument::unlock() const noexcept { ngx_shmtx_unlock(&pool_->mutex); }
FetchPlan& SharedDocument::its_plan() const noexcept { return record_->plan; }

std::uint64_t SharedDocument::version() const noexcept { return record_->version.load(); }

SharedDocument::Copy SharedDocument::read() const {
  Copy copy;
  for (;;) {
    lock();
    const std::size_t size = record_->size;
    const bool fits = copy.text.size() == size;
    if (fits) {
      if (size > 0) ngx_memcpy(copy.text.data(), record_->text, size);
      copy.version = record_->version.load();
    }
    unlock();
    if (fits) return copy;
    copy.text.resize(size);  // which may throw: not under the mutex
  }
}

SharedDocument::Stored SharedDocument::store(std::string_view text) const noexcept {
  lock();
  Stored stored = Stored::same;
  const bool is_same = record_->size == text.size() && record_->text != nullptr &&
                       ngx_memcmp(record_->text, text.data(), text.size()) == 0;
  if (!is_same) {
    auto* place = static_cast<u_char*>(ngx_slab_alloc_locked(pool_, text.size()));
    if (place == nullptr) {
      forget_others(pool_, static_cast<Record*>(*shared_documents().first));
      place = static_cast<u_char*>(ngx_slab_alloc_locked(pool_, text.size()));
    }
    stored = place == nullptr ? Stored::no_room : Stored::changed;
    if (place != nullptr) {
      ngx_memcpy(place, text.data(), text.size());
      if (record_->text != nullptr) ngx_slab_free_locked(pool_, record_->text);
      record_->text = place;
      record_->size = text.size();
      record_->version.fetch_add(1);
    }
  }
  unlock();
  return stored;
}

bool SharedDocument::take_lease(Millis time) const noexcept {
  std::uint64_t lease = record_->lease.load();
  return !is_held(lease) &&
         record_->lease.compare_exchange_strong(lease, lease_of(ngx_pid, now_of_host() + time));
}

void SharedDocument::give_back_lease() const noexcept {
  std::uint64_t lease = record_->lease.load();
  if (lease >> 32 == static_cast<std::uint64_t>(ngx_pid)) record_->lease.compare_exchange_strong(lease, 0);
}

bool SharedDocument::is_leased() const noexcept { return is_held(record_->lease.load()); }
std::uint64_t SharedDocument::fetches() const noexcept { return record_->fetches.load(); }
void SharedDocument::count_fetch() const noexcept { record_->fetches.fetch_add(1); }

FetchPlan SharedDocument::plan() const noexcept {
  lock();
  const FetchPlan plan = record_->plan;
  unlock();
  return plan;
}

}  // namespace slo::ngx
