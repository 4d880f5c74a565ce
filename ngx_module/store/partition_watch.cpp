// SPDX-License-Identifier: BSD-2-Clause
// Compares each partition's id with the one that this host has seen last.
#include "ngx_module/store/partition_watch.h"

#include <map>
#include <set>
#include <utility>

#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/watch.h"

namespace slo::ngx {
namespace {

constexpr Millis every_ten_seconds{10'000};

}  // namespace

PartitionWatch::PartitionWatch(const LinkSettings& settings, ngx_log_t* log, Cluster cluster)
    : settings_(settings), log_(log), cluster_(std::move(cluster)), again_(log, [this] { ask(); }) {
  again_.may_be_left();
}

void PartitionWatch::start() {
  if (ngx_worker == 0 && !std::exchange(has_started_, true)) ask();
}

void PartitionWatch::ask() {
  if (ngx_exiting) return;
  auto question = redis::agree_on_partition_ids(settings_.prefix, nonce(this_moment(), 0));
  cluster_.ask(std::move(question.commands),
               [this, read = std::move(question.read)](const Outcome<RedisServer::Replies>& replies) {
                 again_.after(every_ten_seconds);
                 if (!replies) return;
                 if (const auto ids = read(redis::views_of(*replies))) learned(*ids);
               });
}

void PartitionWatch::learned(const redis::PartitionIds& ids) const {
  std::set<std::string> emptied;
  std::map<std::string, std::string> strangers;  // the keys where they stood, by server
  for (std::uint16_t p = 0; p < redis::partitions; ++p) {
    const auto& its = ids.at(p);
    if (its.id.empty()) continue;
    const bool is_another = partition_was_replaced(p, digest_of(its.id));
    if (!its.is_substitute && is_another) emptied.insert(cluster_.name_of_server(p));
    if (its.is_substitute && (is_another || its.is_new)) {
      auto& keys = strangers[cluster_.name_of_server(p)];
      keys += (keys.empty() ? "" : ", ") + redis::id_key(settings_.prefix, p);
    }
  }
  if (emptied.empty() && strangers.empty()) return;
  forget_all_notes();
  for (auto n = emptied.size() + strangers.size(); n > 0; --n) count(Counter::store_emptied);
  for (const auto& [server, keys] : strangers) tell_strangers(server, keys);
  for (const auto& server : emptied) {
    ngx_log_error(
        NGX_LOG_ERR, log_, 0,
        "slo: store \"%s\": its server %s was emptied or replaced: sessions registered there before "
        "are unknown, and their relying parties cannot be told",
        settings_.url.c_str(), server.c_str());
  }
}

// Whoever writes there may do so again and again.
void PartitionWatch::tell_strangers(const std::string& server, const std::string& keys) const {
  log_bounded("ids of partitions replaced", NGX_LOG_ERR, log_,
              "store \"" + settings_.url + "\": its server " + server +
                  " had what is no id of ours, and was replaced, at " + keys +
                  ": whoever wrote it may have written more");
}

}  // namespace slo::ngx
