// SPDX-License-Identifier: BSD-2-Clause
// Follows the streams of ended sessions: who feeds, what is read next, what has become of it.
#include "ngx_module/marks/feed.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/shared_document.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr Millis silence{1000};       // of a feeder, then another worker takes its place
constexpr Millis between_ticks{200};  // of all workers
constexpr unsigned ticks_of_second = 5;
constexpr unsigned ticks_until_again = 5 * 60;
constexpr Millis longest_wait{500};  // in the store
constexpr Millis after_failure{100};
constexpr Millis start_spread{1};     // one worker of a host, which lets pass what it does not know yet
constexpr Millis longest_pause{300};  // of one worker of a host: no crowd at a store that is back
// To ask for many streams costs each side as much as dozens of entries do: one question each that long, and
// some at once where there were fewer before.
constexpr Millis between_questions{2};
constexpr Millis questions_saved{20};
constexpr unsigned entries_at_once = 100;  // of each stream
// A server that took another's place may have lost the last entries, or have a clock that is behind.
constexpr Millis overlap{10 * 60 * 1000};

redis::FeedPlace before(redis::FeedPlace place, Millis time) noexcept {
  const auto back = static_cast<std::uint64_t>(time.count());
  return {.ms = place.ms - std::min(place.ms, back), .number = 0};
}

// Of a worker that was told to quit, once nothing is open in it that may have to end with its session.
bool is_over() { return ngx_terminate || (ngx_exiting && !are_marks_needed()); }

}  // namespace

Feed::Feed(const MainConf& conf, const Marks& marks, ngx_log_t* log)
    : link_(conf.store->link), marks_(marks), log_(log), tick_(log, [this] { tick(); }) {
  link_.start_spread = start_spread;
  link_.longest_pause = longest_pause;
  link_.sends_again = false;  // it may be another server: we go back a little
  link_.wait.reset();         // it ends nothing
  link_.is_watched = false;   // by the store's own connection
  tick_.may_be_left();
  if (link_.cluster.empty()) {
    lanes_.push_back(std::make_unique<Lane>(*this, redis::all_partitions()));
  } else {
    for (const auto p : redis::all_partitions())
      lanes_.push_back(std::make_unique<Lane>(*this, redis::FeedPartitions{p}));
  }
  for (const auto& provider : conf.providers) {
    retention_ = std::max(retention_, provider.provider.retention);
    const Millis stale = provider.provider.max_stale;
    max_stale_ = max_stale_ == Millis{0} ? stale : std::min(max_stale_, stale);
    if (auto* its = marks.part_of(provider)) sources_.push_back({.provider = &provider, .marks = its});
  }
  tick_.after(ngx_worker == 0 ? Millis{0} : between_ticks + Millis(ngx_random() % 200));
}

Feed::~Feed() { stop(); }

void Feed::tick() {
  if (is_over()) return stop();
  tick_.after(between_ticks);
  if (!marks_.take_feeding(silence)) return stop();
  if (!store_) begin();
  marks_.beat();
  keep_house();
}

void Feed::begin() {
  store_ = std::make_unique<Store>(link_, log_);
  for (auto& source : sources_) source.places = marks_.places(*source.marks);
  store_->on_move([this](std::uint16_t partition) { lanes_[partition]->goes_back = true; });
  for (const auto& lane : lanes_) {
    lane->has_gone_back = lane->goes_back = true;
    ask(*lane);
  }
}

void Feed::stop() {
  if (!store_) return;
  marks_.give_back_feeding();
  store_->quit();
  store_.reset();
  for (const auto& lane : lanes_) {
    lane->ask_again.cancel();
    lane->is_asking = false;
  }
}

// What is not urgent, now and then.
void Feed::keep_house() {
  if (++ticks_ % ticks_of_second == 0) {
    const TimeS now = this_second();
    marks_.sweep(now - retention_, now);
    tell_staleness();
  }
  const auto status = marks_.status();
  const bool has_room = status.marks < status.capacity / 2;
  const bool is_new_store = marks_.store_of_places() != store_seen();
  const bool looks_again = marks_.has_lost() && has_room && ticks_ % ticks_until_again == 0;
  if (is_new_store || looks_again) begin_again();
}

void Feed::begin_again() {
  for (const auto& lane : lanes_) {
    lane->begins_again = true;
    lane->is_read = false;
  }
  for (const auto& source : sources_) marks_.read_again(*source.marks);
  marks_.set_store_of_places(store_seen());
  is_again_ = true;
}

// Not while an answer is under way, which would be taken for one of there.
void Feed::go_back(Lane& lane) {
  const bool begins_again = std::exchange(lane.begins_again, false);
  const bool goes_back = std::exchange(lane.goes_back, false);
  if (!begins_again && !goes_back) return;
  lane.is_at_end = false;
  for (auto& source : sources_) {
    for (const auto p : lane.partitions)
      source.places[p] = begins_again ? redis::FeedPlace{} : before(source.places[p], overlap);
  }
}

void Feed::ask(Lane& lane) {
  if (!store_ || sources_.empty() || std::exchange(lane.is_asking, true)) return;
  go_back(lane);
  std::vector<redis::FeedSource> asked;
  for (const auto& source : sources_)
    asked.push_back({.space = &source.provider->space, .places = &source.places});
  lane.paid_until = std::max(lane.paid_until, now_of_host() - questions_saved) + between_questions;
  const Millis wait = std::clamp(link_.timeout / 2, Millis{1}, longest_wait);
  store_->submit_detached<std::vector<redis::FeedEntry>>(
      redis::read_feed(asked, entries_at_once, lane.is_at_end ? wait : Millis{0}, lane.partitions),
      [this, &lane](const Outcome<std::vector<redis::FeedEntry>>& entries) { heard(lane, entries); });
}

// That it is away the store has said; not what it refuses of a feed, which stays behind for that.
void Feed::tell_refused(const Refusal& why) {
  if (why.fault != Fault::store_refused && why.fault != Fault::store_reply_unexpected) return;
  if (!std::exchange(is_told_refused_, true)) report(log_, why, "");
}

void Feed::heard(Lane& lane, const Outcome<std::vector<redis::FeedEntry>>& entries) {
  lane.is_asking = false;
  if (is_over()) return;
  if (!entries) {
    tell_refused(entries.error());
    if (!std::exchange(lane.has_gone_back, true)) lane.goes_back = true;
    return lane.ask_again.after(after_failure);
  }
  lane.has_gone_back = is_told_refused_ = false;
  if (marks_.store_of_places() == 0) marks_.set_store_of_places(store_seen());  // a new zone's first
  const bool is_end = take_in(*entries);
  if (is_end) read_to_end(lane);
  const Millis pause = lane.paid_until - now_of_host();
  if (is_end && pause > Millis{0}) return lane.ask_again.after(pause);
  lane.ask_again.post();
}

// True: there was no more.
bool Feed::take_in(const std::vector<redis::FeedEntry>& entries) {
  std::map<std::pair<std::size_t, std::uint16_t>, unsigned> counts;
  bool is_end = true;
  for (const auto& entry : entries) {
    if (entry.source >= sources_.size()) continue;
    take_in(sources_[entry.source], entry);
    if (++counts[{entry.source, entry.partition}] == entries_at_once) is_end = false;
  }
  return is_end;
}

void Feed::take_in(Source& source, const redis::FeedEntry& entry) {
  const TimeS now = this_second();
  for (const auto& mark : entry.marks) {
    if (mark.at < now - retention_) continue;
    if (marks_.put(*source.marks, mark, now) != Marks::Put::full) continue;
    is_again_ = false;  // however often it has been full before
    marks_.lose(log_);
  }
  source.places[entry.partition] = entry.place;
  marks_.set_place(*source.marks, entry.partition, entry.place);
}

void Feed::read_to_end(Lane& lane) {
  if (lane.begins_again) return;  // what was read is of before
  lane.is_at_end = lane.is_read = true;
  if (!std::ranges::all_of(lanes_, [](const auto& each) { return each->is_read; })) return;
  for (const auto& each : lanes_) each->is_read = false;
  const bool is_first = !marks_.age();
  marks_.caught_up();
  if (std::exchange(is_again_, false) && marks_.has_lost()) {
    marks_.found_all();
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: the marks of ended sessions are complete again");
  }
  if (is_first && !marks_.has_lost())
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: guards know of all ended sessions: %uz marks",
                  marks_.status().marks);
}

void Feed::tell_staleness() {
  const auto age = marks_.age();
  const bool is_stale = age && *age > max_stale_;
  if (std::exchange(is_told_stale_, is_stale) == is_stale) return;
  if (is_stale) {
    ngx_log_error(
        NGX_LOG_ERR, log_, 0,
        "slo: guards have heard of no ended session for %s ms: those that end now are not known on this "
        "host, and \"fail\" decides",
        std::to_string(age->count()).c_str());
  } else {
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: guards hear of ended sessions again");
  }
}

}  // namespace slo::ngx
