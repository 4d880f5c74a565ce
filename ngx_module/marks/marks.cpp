// SPDX-License-Identifier: BSD-2-Clause
// Marks are found, put and swept; who feeds them, and how complete they are.
#include "ngx_module/marks/marks.h"

#include <sodium/crypto_shorthash_siphash24.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "ngx_module/nginx/shared_document.h"

namespace slo::ngx {
namespace {

const Marks* these_marks = nullptr;
NeedOfMarks need_of_marks = nullptr;

constexpr std::size_t sweeps_for_all = 900;  // calls of sweep()
constexpr std::size_t unproven_share = 4;

std::uint64_t word_of(const Feeder& feeder) noexcept {
  return std::uint64_t{feeder.generation} << 32 | feeder.pid;
}

std::uint64_t now_word() noexcept { return static_cast<std::uint64_t>(now_of_host().count()); }

// By a clock that never jumps; what a neighbour has just written may be a little ahead of it.
Millis since(std::uint64_t then) noexcept {
  const std::uint64_t now = now_word();
  return Millis(static_cast<Millis::rep>(now > then ? now - then : 0));
}

}  // namespace

Marks::Marks(const MainConf& conf)
    : zone_(static_cast<MarksZone*>(conf.store->marks_zone->data)), generation_(zone_->generation) {
  for (const auto& provider : conf.providers) parts_.push_back(part_in(*zone_, provider.space.issuer));
}

// What is longer than the buffer is no storable name, and is never marked.
std::uint64_t Marks::fingerprint(const ProviderMarks& provider, Mark::Of of,
                                 std::string_view value) const noexcept {
  std::array<char, 512> bytes;
  const std::size_t length = std::min(value.size(), bytes.size() - 9);
  std::memcpy(bytes.data(), &provider.salt, 8);
  bytes[8] = of == Mark::Of::sid ? 's' : 'u';
  std::memcpy(bytes.data() + 9, value.data(), length);
  return hash_of(*zone_, {bytes.data(), length + 9});
}

Marks::Digest Marks::digest(std::string_view bytes) const noexcept {
  Digest digest{};
  static_assert(crypto_shorthash_siphashx24_BYTES == sizeof digest);
  static_assert(crypto_shorthash_siphashx24_KEYBYTES == crypto_shorthash_KEYBYTES);
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(digest.data()),
                              reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                              zone_->secret.data());
  return digest;
}

std::optional<TimeS> Marks::find(std::uint64_t fingerprint, TimeS now) const noexcept {
  return table_of(*zone_).find(fingerprint, now);
}

std::uint64_t Marks::changes() const noexcept { return zone_->changes.load(std::memory_order_acquire); }

Marks::Put Marks::put(const ProviderMarks& provider, const Mark& mark, TimeS now) const noexcept {
  const auto name = fingerprint(provider, mark.of, mark.value);
  const Locked locked(*zone_);
  const auto put = table_of(*zone_).put(name, {.at = mark.at, .now = now, .is_proven = mark.is_proven});
  if (put == MarkTable::Put::added) {
    zone_->marks.fetch_add(1, std::memory_order_relaxed);
    if (!mark.is_proven) zone_->unproven.fetch_add(1, std::memory_order_relaxed);
  }
  if (put == MarkTable::Put::full) return Put::full;
  zone_->changes.fetch_add(1, std::memory_order_release);
  return put == MarkTable::Put::added ? Put::added : Put::known;
}

bool Marks::has_room_for_unproven() const noexcept {
  return zone_->unproven.load(std::memory_order_relaxed) < table_of(*zone_).capacity() / unproven_share;
}

void Marks::sweep(TimeS oldest, TimeS now) const noexcept {
  MarkTable table = table_of(*zone_);
  const std::size_t count = table.buckets() / sweeps_for_all + 1;
  const Locked locked(*zone_);
  const auto swept = table.sweep(zone_->next_swept, count, oldest, now);
  zone_->next_swept = (zone_->next_swept + count) % table.buckets();
  zone_->marks.fetch_sub(swept.proven + swept.unproven, std::memory_order_relaxed);
  zone_->unproven.fetch_sub(swept.unproven, std::memory_order_relaxed);
}

Knowledge Marks::knowledge(const ProviderMarks& provider, Millis max_stale) const noexcept {
  const std::uint64_t caught_up_at = provider.caught_up_at.load(std::memory_order_acquire);
  return {.was_complete = caught_up_at != 0,
          .is_complete = !zone_->has_lost.load(std::memory_order_relaxed),
          .is_fresh = since(caught_up_at) <= max_stale};
}

// Of all providers the one that was read last of all.
std::optional<Millis> Marks::age() const noexcept {
  std::optional<Millis> oldest;
  for (const ProviderMarks* part : parts_) {
    const std::uint64_t at = part == nullptr ? 0 : part->caught_up_at.load(std::memory_order_acquire);
    if (at == 0) return std::nullopt;
    oldest = std::max(oldest.value_or(Millis{0}), since(at));
  }
  return oldest;
}

MarksStatus Marks::status() const noexcept {
  MarksStatus status{.marks = zone_->marks.load(), .capacity = table_of(*zone_).capacity(), .age = age()};
  status.is_complete = status.age && !zone_->has_lost.load();
  return status;
}

void Marks::count(ProviderMarks& provider, GuardCounter counter) const noexcept {
  provider.counts[static_cast<std::size_t>(counter)].fetch_add(1, std::memory_order_relaxed);
}

GuardCounts Marks::guard_counts(const ProviderConf& provider) const noexcept {
  const ProviderMarks* its = part_of(provider);
  if (its == nullptr) return {};
  const auto counted = [its](GuardCounter counter) {
    return its->counts[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  };
  return {.refused = counted(GuardCounter::refused),
          .would_refuse = counted(GuardCounter::would_refuse),
          .without_evidence = counted(GuardCounter::without_evidence),
          .unsure = counted(GuardCounter::unsure)};
}

Feeder Marks::this_worker() const noexcept {
  return {.generation = generation_, .pid = static_cast<std::uint32_t>(ngx_pid)};
}

// Who feeds already goes on; a newer configuration's worker takes over at once, any other one where the
// feeder has been silent.
bool Marks::take_feeding(Millis silence) const noexcept {
  const std::uint64_t ours = word_of(this_worker());
  std::uint64_t holder = zone_->feeder.load();
  if (holder == ours) return true;
  const bool is_older = holder >> 32 < generation_;
  const bool is_silent = since(zone_->beat.load()) >= silence;
  if (holder != 0 && !is_older && !is_silent) return false;
  if (!zone_->feeder.compare_exchange_strong(holder, ours)) return false;
  beat();
  return true;
}

void Marks::give_back_feeding() const noexcept {
  std::uint64_t ours = word_of(this_worker());
  zone_->feeder.compare_exchange_strong(ours, 0);
}

void Marks::beat() const noexcept { zone_->beat.store(now_word()); }

redis::FeedPlaces Marks::places(const ProviderMarks& provider) const noexcept {
  const Locked locked(*zone_);
  return provider.places;
}

void Marks::set_place(ProviderMarks& provider, std::uint16_t partition,
                      redis::FeedPlace place) const noexcept {
  const Locked locked(*zone_);
  provider.places[partition] = std::max(provider.places[partition], place);
}

void Marks::read_again(ProviderMarks& provider) const noexcept {
  const Locked locked(*zone_);
  provider.places = {};
}

std::uint64_t Marks::store_of_places() const noexcept { return zone_->store_of_places.load(); }
void Marks::set_store_of_places(std::uint64_t store) const noexcept { zone_->store_of_places.store(store); }

void Marks::caught_up() const noexcept {
  for (ProviderMarks* part : parts_) {
    if (part != nullptr)
      part->caught_up_at.store(std::max(now_word(), std::uint64_t{1}), std::memory_order_release);
  }
}

void Marks::lose(ngx_log_t* log) const noexcept {
  if (zone_->has_lost.exchange(true)) return;
  ngx_log_error(
      NGX_LOG_ERR, log, 0,
      "slo: the zone of marks is full: sessions that end from now on are not known on this host, and "
      "\"fail\" decides; raise \"marks=\" of \"slo_store\"");
}

bool Marks::has_lost() const noexcept { return zone_->has_lost.load(); }
void Marks::found_all() const noexcept { zone_->has_lost.store(false); }

const Marks* marks() noexcept { return these_marks; }
void use_marks(const Marks* its) noexcept { these_marks = its; }
void set_need_of_marks(NeedOfMarks need) noexcept { need_of_marks = need; }
bool are_marks_needed() { return need_of_marks != nullptr && need_of_marks(); }

}  // namespace slo::ngx
