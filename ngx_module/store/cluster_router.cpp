// SPDX-License-Identifier: BSD-2-Clause
// Which node is asked what, and what becomes of it where it has it not.
#include "ngx_module/store/cluster_router.h"

#include <map>
#include <utility>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

constexpr Millis before_another_try{25};
constexpr unsigned most_hops = 64;  // of one submission at once; what goes further waits a little each time

}  // namespace

ClusterRouter::ClusterRouter(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks)
    : settings_(settings),
      log_(log),
      callbacks_(std::move(callbacks)),
      nodes_(settings, log),
      another_try_(log, [this] { try_again(); }) {}

void ClusterRouter::use(const redis::ClusterMap& fresh) {
  const auto before = std::exchange(map_, fresh);
  for (const auto& peer : fresh.nodes()) nodes_.server_at(peer);
  nodes_.keep_only(fresh);
  if (before == redis::ClusterMap{}) return;
  for (std::uint16_t p = 0; p < redis::partitions; ++p) {
    const auto *was = before.node_of(p), *is = fresh.node_of(p);
    if (is != nullptr && (was == nullptr || *was != *is)) callbacks_.moved(p);
  }
}

bool ClusterRouter::serves() const noexcept { return nodes_.is_one_up(); }
bool ClusterRouter::is_whole() const noexcept { return map_.orphans() == 0 && nodes_.are_up(map_.nodes()); }

void ClusterRouter::carry(std::vector<redis::Command> commands, RedisServer::OnReplies on_replies) {
  const auto trip = trips_.emplace(trips_.end());
  trip->commands = std::move(commands);
  trip->on_replies = std::move(on_replies);
  trip->deadline = deadline_in(settings_.timeout);
  send(trip, trip->next_step());
}

void ClusterRouter::send(Trips::iterator trip, const Indices& indices) {
  std::map<redis::Peer, Indices> by_node;
  for (const auto index : indices) {
    const auto* node = map_.node_of(trip->commands[index].partition);
    if (node != nullptr) {
      by_node[*node].push_back(index);
    } else {
      callbacks_.in_doubt();
      try_later(trip, index, "no node serves this part of the data");
    }
  }
  for (auto& [peer, its] : by_node) send_to(peer, trip, std::move(its));
}

void ClusterRouter::send_to(const redis::Peer& peer, Trips::iterator trip, Indices indices) {
  std::vector<redis::Command> commands;
  commands.reserve(indices.size());
  for (const auto index : indices) commands.push_back(trip->commands[index]);
  auto& server = server_for(trip->commands[indices.front()], peer);
  server.submit(std::move(commands),
                [this, peer, trip, its = std::move(indices)](Outcome<RedisServer::Replies> replies) {
                  heard(peer, trip, its, std::move(replies));
                });
}

// Nobody may stand behind what waits, wherever it is sent.
RedisServer& ClusterRouter::server_for(const redis::Command& command, const redis::Peer& peer) {
  return command.waits ? nodes_.line_to(peer, command.partition) : nodes_.server_at(peer);
}

void ClusterRouter::send_on(const redis::Redirection& where, Trips::iterator trip, std::size_t index) {
  if (where.is_for_good) return send_to(where.to, trip, {index});
  const auto& command = trip->commands[index];
  std::vector<redis::Command> commands{redis::asking(),
                                       command.script != nullptr ? redis::fallback(command) : command};
  server_for(command, where.to)
      .submit(std::move(commands),
              [this, peer = where.to, trip, index](Outcome<RedisServer::Replies> replies) {
                if (replies) replies->erase(replies->begin());
                heard(peer, trip, {index}, std::move(replies));
              });
}

void ClusterRouter::heard(const redis::Peer& peer, Trips::iterator trip, const Indices& indices,
                          Outcome<RedisServer::Replies> replies) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (replies) {
      take(peer, trip, indices[i], std::move((*replies)[i]));
    } else {
      turned_away(peer, trip, indices[i], replies.error());
    }
  }
  go_on(trip);
}

void ClusterRouter::take(const redis::Peer& peer, Trips::iterator trip, std::size_t index,
                         redis::OwnedReply reply) {
  const redis::Reply view(reply.get());
  if (redis::is_to_be_asked_again(view)) {
    callbacks_.in_doubt();
    return try_later(trip, index,
                     redis::name_of(peer) + " answers " + std::string(redis::code_of(view.error())));
  }
  const auto where = redis::redirection_in(view, peer);
  if (!where) return trip->answered(index, std::move(reply));
  if (!nodes_.have_room_for(where->to)) return try_later(trip, index, "its nodes name ever new ones");
  if (where->is_for_good) has_moved(trip->commands[index].partition, where->to);
  if (++trip->hops > most_hops) return try_later(trip, index, "its nodes send it to and fro");
  send_on(*where, trip, index);
}

// Another node may have taken over meanwhile: then it is asked, if it may be.
void ClusterRouter::turned_away(const redis::Peer& peer, Trips::iterator trip, std::size_t index,
                                const Refusal& why) {
  if (has_quit_) return refuse_one(trip, index, why);
  callbacks_.in_doubt();
  const auto* node = map_.node_of(trip->commands[index].partition);
  const bool may_go_on =
      settings_.sends_again && why.fault == Fault::store_unreachable && !is_past(trip->deadline);
  if (!may_go_on || node == nullptr || *node == peer) return refuse_one(trip, index, why);
  send_to(*node, trip, {index});
}

// What others have done must not be forgotten for one that is away, where that can be told apart.
void ClusterRouter::refuse_one(Trips::iterator trip, std::size_t index, const Refusal& why) const {
  if (trip->commands[index].stands_alone && !has_quit_)
    return trip->answered(index, redis::error_reply("CLUSTERDOWN its node is away"));
  trip->refused(why);
}

void ClusterRouter::has_moved(std::uint16_t partition, const redis::Peer& to) {
  const auto* node = map_.node_of(partition);
  if (node != nullptr && *node == to) return;
  map_.move(partition, to);
  callbacks_.moved(partition);
  callbacks_.in_doubt();
}

void ClusterRouter::try_later(Trips::iterator trip, std::size_t index, std::string why) {
  late_.push_back({trip, index, std::move(why)});
  if (!another_try_.is_set()) another_try_.after(before_another_try);
}

void ClusterRouter::try_again() {
  for (auto& [trip, index, why] : std::exchange(late_, {})) {
    if (has_quit_ || is_past(trip->deadline)) {
      refuse_one(trip, index, {Fault::store_unreachable, why});
      go_on(trip);
    } else {
      send(trip, {index});
    }
  }
}

// The only place that calls back. Whoever is called may submit again.
void ClusterRouter::go_on(Trips::iterator trip) {
  if (trip->missing > 0) return;
  if (!trip->is_over()) return send(trip, trip->next_step());
  Trips leaving;
  leaving.splice(leaving.end(), trips_, trip);
  guarded(log_, [trip] { trip->on_replies(trip->outcome()); });
}

void ClusterRouter::quit() noexcept {
  has_quit_ = true;
  another_try_.cancel();
  guarded(log_, [this] {
    try_again();
    nodes_.quit();
    try_again();
  });
}

}  // namespace slo::ngx
