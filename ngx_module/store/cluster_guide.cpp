// SPDX-License-Identifier: BSD-2-Clause
// Carries the question for the map from node to node, a quarter of a second apart at least.
#include "ngx_module/store/cluster_guide.h"

#include <algorithm>
#include <utility>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {
namespace {

constexpr Millis between_rounds{250};
constexpr Millis between_maps{5000};  // where nobody has asked
constexpr Millis longest_call{500};   // a node that is frozen shall not hold up the others' answer

LinkSettings in_a_hurry(LinkSettings link) {
  link.timeout = std::min(link.timeout, longest_call);
  return link;
}

}  // namespace

LinkSettings link_to_nodes(const LinkSettings& settings) {
  return {.url = settings.url,
          .resolver = settings.resolver,
          .tls = settings.tls,
          .ssl = settings.ssl,
          .user = settings.user,
          .password = settings.password,
          .timeout = settings.timeout};
}

ClusterGuide::ClusterGuide(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks)
    : settings_(settings),
      callbacks_(std::move(callbacks)),
      call_(in_a_hurry(link_to_nodes(settings)), settings.cluster, log,
            {.replied = [this](redis::OwnedReply reply) { heard(redis::Reply(reply.get())); },
             .failed = [this](const std::string& reason) { failed(reason); }}),
      again_(log, [this] { begin_round(); }) {
  again_.may_be_left();
}

void ClusterGuide::start(Millis delay) { again_.after(delay); }

void ClusterGuide::ask() {
  if (is_asking_ || !has_begun_) {
    is_wanted_ = is_asking_;
    return;
  }
  const Millis since = -time_left(begun_);
  again_.after(std::clamp(between_rounds - since, Millis{1}, between_rounds));
}

std::vector<redis::Peer> ClusterGuide::nodes() const {
  auto all = known_;
  for (const auto& server : settings_.cluster) {
    if (!redis::contains(all, server.peer)) all.push_back(server.peer);
  }
  return all;
}

// Each round begins with another node: who is asked first may be the one that is in trouble.
void ClusterGuide::begin_round() {
  is_asking_ = has_begun_ = true;
  is_wanted_ = false;
  begun_ = ngx_current_msec;
  left_ = nodes();
  std::rotate(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(rounds_++ % left_.size()),
              left_.end());
  ask_next();
}

void ClusterGuide::ask_next() {
  if (!left_.empty()) return call_.begin(left_.back(), redis::ask_for_map(left_.back()).commands);
  end_round(between_rounds);
  callbacks_.nowhere("no node tells the cluster's slots; " + trouble_);
}

void ClusterGuide::heard(const redis::Reply& reply) {
  call_.stop();
  const auto map = redis::ask_for_map(left_.back()).read({&reply, 1});
  if (!map && map.error() == Refusal{Fault::store_refused, "ERR"})
    return failed("it is no node of a cluster (ERR): the URL must begin with redis:// or rediss://");
  if (!map) return failed("CLUSTER SLOTS was answered " + map.error().detail);
  known_ = map->nodes();
  end_round(is_wanted_ ? between_rounds : between_maps);
  callbacks_.found(*map);
}

void ClusterGuide::failed(const std::string& why) {
  trouble_ = redis::name_of(left_.back()) + ": " + why;
  left_.pop_back();
  ask_next();
}

void ClusterGuide::end_round(Millis pause) {
  is_asking_ = false;
  left_.clear();
  again_.after(pause);
}

void ClusterGuide::quit() noexcept {
  again_.cancel();
  call_.stop();
}

}  // namespace slo::ngx
