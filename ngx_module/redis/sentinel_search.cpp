// SPDX-License-Identifier: BSD-2-Clause
// Carries a search from sentinel to sentinel.
#include "ngx_module/redis/sentinel_search.h"

#include <utility>

#include "redis_schema/servers/mood.h"

namespace slo::ngx {

LinkSettings link_to_sentinels(const LinkSettings& settings) {
  const auto& its = *settings.sentinel;
  return {.url = settings.url,
          .resolver = settings.resolver,
          .tls = its.tls,
          .ssl = its.ssl,
          .user = its.user,
          .password = its.password,
          .timeout = settings.timeout};
}

SentinelSearch::SentinelSearch(const LinkSettings& settings, redis::SentinelList& list, ngx_log_t* log,
                               Callbacks callbacks)
    : url_(settings.url),
      log_(log),
      callbacks_(std::move(callbacks)),
      search_(list, settings.sentinel->master),
      question_(redis::ask_sentinel(settings.sentinel->master)),
      call_(link_to_sentinels(settings), settings.sentinel->places, log,
            {.replied = [this](redis::OwnedReply reply) { heard(std::move(reply)); },
             .failed =
                 [this](const std::string& reason) {
                   search_.failed(reason);
                   ask();
                 }}) {}

void SentinelSearch::begin() {
  search_.begin();
  ask();
}

void SentinelSearch::ask() {
  replies_.clear();
  if (const auto* peer = search_.whom()) return call_.begin(*peer, question_.commands);
  if (const auto found = search_.found()) return callbacks_.found(*found);
  callbacks_.nowhere(search_.why_not());
}

void SentinelSearch::heard(redis::OwnedReply reply) {
  replies_.push_back(std::move(reply));
  if (replies_.size() < question_.commands.size()) return;
  call_.stop();
  const auto views = redis::views_of(replies_);
  tell_forbidden(views.back());
  const auto answer = question_.read(views);
  if (answer) {
    search_.answered(*answer);
  } else {
    search_.failed("it answered " + answer.error().detail);
  }
  ask();
}

// All the same it has said where the master is.
void SentinelSearch::tell_forbidden(const redis::Reply& names) {
  if (!redis::is_forbidden(names) || std::exchange(is_told_forbidden_, true)) return;
  ngx_log_error(NGX_LOG_WARN, log_, 0,
                "slo: store \"%s\" does not learn of other sentinels: SENTINEL SENTINELS was answered NOPERM",
                url_.c_str());
}

}  // namespace slo::ngx
