// SPDX-License-Identifier: BSD-2-Clause
// Follows the streams of ended sessions into this host's marks, on a connection of its own.
//
// One worker of the host does; another takes over within about a second where it is silent, and a newer
// configuration's at once. A worker that was told to quit feeds until its last guarded request is over: its
// zone may be another one than that of who took its place. What was read is read again without harm, so
// nothing hangs on who that is.
//
// From one server all partitions are read in one question, which waits there for news. A cluster has them
// apart: each is read by itself, so that one node that is away holds up no other's.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "ngx_module/store/store.h"
#include "redis_schema/feed.h"

namespace slo::ngx {

class Feed {
 public:
  // Of all providers. REQUIRES: `conf`, `marks` and log outlive it.
  Feed(const MainConf& conf, const Marks& marks, ngx_log_t* log);
  ~Feed();
  Feed(const Feed&) = delete;

 private:
  struct Source {
    const ProviderConf* provider = nullptr;
    ProviderMarks* marks = nullptr;
    redis::FeedPlaces places{};
  };

  // Partitions that are read together.
  struct Lane {
    Lane(Feed& feed, redis::FeedPartitions its_partitions)
        : partitions(std::move(its_partitions)), ask_again(feed.log_, [&feed, this] { feed.ask(*this); }) {
      ask_again.may_be_left();
    }
    const redis::FeedPartitions partitions;
    bool is_asking = false;
    bool has_gone_back = false;  // since the last good answer
    bool is_at_end = false;      // of its streams: it may wait in the store
    bool begins_again = false;   // with the next question, from the beginning
    bool goes_back = false;      // with the next question, a little
    bool is_read = false;        // to its end, since all lanes last were
    Millis paid_until{0};        // by now_of_host(): how many questions have been asked lately
    Event ask_again;
  };

  void tick();
  void begin();
  void stop();
  void keep_house();
  void begin_again();
  void go_back(Lane& lane);
  void ask(Lane& lane);
  void heard(Lane& lane, const Outcome<std::vector<redis::FeedEntry>>& entries);
  bool take_in(const std::vector<redis::FeedEntry>& entries);
  void tell_refused(const Refusal& why);
  void take_in(Source& source, const redis::FeedEntry& entry);
  void read_to_end(Lane& lane);
  void tell_staleness();

  LinkSettings link_;
  const Marks& marks_;
  ngx_log_t* log_;
  std::vector<Source> sources_{};
  Seconds retention_{};
  Millis max_stale_{};
  std::unique_ptr<Store> store_{};  // while this worker feeds
  std::vector<std::unique_ptr<Lane>> lanes_{};
  bool is_again_ = false;       // all are being read from the beginning, and nothing was lost on the way
  bool is_told_stale_ = false;  // to the log
  bool is_told_refused_ = false;
  unsigned ticks_ = 0;
  Event tick_;
};

}  // namespace slo::ngx
