// SPDX-License-Identifier: BSD-2-Clause
// The OPs' keys come by themselves: one worker of this host fetches them, all share them, each reads its own.
#include "ngx_module/keys/key_fetcher.h"

#include <algorithm>
#include <utility>

#include "core/keys/documents.h"
#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {
namespace {

KeyFetcher* this_fetcher = nullptr;

// Who waits in this worker may wait for another one's fetch.
constexpr Millis between_looks{20};

constexpr Millis max_key_wait{2000};

Millis next_tick() { return Millis(900 + ngx_random() % 200); }

}  // namespace

KeyFetcher::KeyFetcher(const MainConf& conf, ngx_log_t* log)
    : tick_(log, [this] { tick(); }), look_(log, [this] { look(); }) {
  tick_.may_be_left();
  bool has_one = false;
  for (const auto& provider : conf.providers) {
    auto& source = sources_.emplace_back();
    if (provider.fetched_keys == nullptr) continue;
    source = std::make_unique<KeySource>(provider, log);
    source->take_newest();
    has_one = true;
  }
  if (has_one) tick_.after(Millis(0));
}

KeyFetcher::~KeyFetcher() {
  for (Waiter& waiter : waiters_) waiter.handle->fetcher_ = nullptr;
}

KeySource* KeyFetcher::source_of(const ProviderConf& provider) const {
  return provider.index < sources_.size() ? sources_[provider.index].get() : nullptr;
}

void KeyFetcher::tick() {
  tick_.after(next_tick());
  for (auto& source : sources_) {
    if (source == nullptr) continue;
    source->take_newest();
    if (!ngx_exiting && !ngx_terminate) source->fetch_if_due();
  }
}

void KeyFetcher::take_newest(const ProviderConf& provider) {
  if (KeySource* source = source_of(provider)) source->take_newest();
}

bool KeyFetcher::may_help(const ProviderConf& provider, const Refusal& why) {
  KeySource* source = source_of(provider);
  return source != nullptr && may_heal_with_new_keys(why) && source->ask_for_fetch();
}

void KeyFetcher::wait(const ProviderConf& provider, Millis time, Waiting& handle,
                      std::function<void()> done) {
  KeySource* source = source_of(provider);
  handle.at_ = waiters_.insert(waiters_.end(), Waiter{.source = source,
                                                      .fetches = source->fetches_before(),
                                                      .end = deadline_in(time),
                                                      .handle = &handle,
                                                      .done = std::move(done)});
  handle.fetcher_ = this;
  if (!look_.is_set()) look_.after(between_looks);
}

void KeyFetcher::Waiting::give_up() noexcept {
  if (KeyFetcher* fetcher = std::exchange(fetcher_, nullptr)) fetcher->waiters_.erase(at_);
}

// A callback may end other requests, and so take others out of the list.
void KeyFetcher::look() {
  for (Waiter& waiter : waiters_)
    waiter.is_over = waiter.source->fetches() != waiter.fetches || is_past(waiter.end);
  const auto is_over = [](const Waiter& waiter) { return waiter.is_over; };
  for (auto at = std::ranges::find_if(waiters_, is_over); at != waiters_.end();
       at = std::ranges::find_if(waiters_, is_over)) {
    const auto done = std::move(at->done);
    at->source->take_newest();
    at->handle->give_up();
    done();
  }
  if (!waiters_.empty()) look_.after(between_looks);
}

std::optional<KeyStatus> KeyFetcher::status(const ProviderConf& provider) {
  KeySource* source = source_of(provider);
  return source != nullptr ? std::optional(source->status()) : std::nullopt;
}

std::string KeyFetcher::end_session_endpoint(const ProviderConf& provider) const {
  const KeySource* source = source_of(provider);
  return source != nullptr ? source->end_session_endpoint() : std::string();
}

Millis key_wait_left(std::optional<ngx_msec_t>& until) {
  if (!until) until = deadline_in(max_key_wait);
  return time_left(*until);
}

KeyFetcher* key_fetcher() noexcept { return this_fetcher; }
void use_key_fetcher(KeyFetcher* its) noexcept { this_fetcher = its; }

}  // namespace slo::ngx
