// SPDX-License-Identifier: BSD-2-Clause
// Follows the streams of ended sessions into this host's marks, on a connection of its own.
//
// One worker of the host does; another takes over within about a second where it is silent, and a newer
// configuration's at once. A worker that was told to quit feeds until its last guarded request is over: its
// zone may be another one than that of who took its place. What was read is read again without harm, so
// nothing hangs on who that is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "ngx_module/redis/store.h"
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

  void tick();
  void begin();
  void stop();
  void keep_house();
  void go_back(Millis overlap);
  void go_to_beginning();
  void ask();
  void heard(Outcome<std::vector<redis::FeedEntry>> entries);
  bool take_in(const std::vector<redis::FeedEntry>& entries);
  void tell_refused(const Refusal& why);
  void take_in(Source& source, const redis::FeedEntry& entry);
  void reached_end();
  void tell_staleness();

  LinkSettings link_;
  const Marks& marks_;
  ngx_log_t* log_;
  std::vector<Source> sources_{};
  Seconds retention_{};
  Millis max_stale_{};
  std::unique_ptr<Store> store_{};  // while this worker feeds
  bool is_asking_ = false;
  bool has_gone_back_ = false;  // since the last good answer
  bool is_at_end_ = false;      // of all streams: it may wait in the store
  bool begins_again_ = false;   // with the next question, from the beginning of all
  bool is_again_ = false;       // they have been read from there on, and nothing was lost on the way
  bool is_told_stale_ = false;  // to the log
  unsigned ticks_ = 0;
  Millis paid_until_{0};  // by now_of_host(): how many questions have been asked lately
  Event tick_;
  Event ask_again_;
};

}  // namespace slo::ngx
