// SPDX-License-Identifier: BSD-2-Clause
// The first words on a connection, in two rounds: the schema is written only in our own database.
#include "ngx_module/redis/greeting.h"

#include <string_view>
#include <utility>

#include "ngx_module/nginx/moment.h"
#include "redis_schema/schema.h"
#include "redis_schema/servers/mood.h"
#include "redis_schema/servers/sentinel.h"

namespace slo::ngx {
namespace {

std::vector<redis::Command> introduction(const LinkSettings& settings) {
  std::vector<redis::Command> commands;
  if (!settings.password.empty() || !settings.user.empty()) {
    redis::Command auth{.words = {"AUTH"}};
    if (!settings.user.empty()) auth.words.push_back(settings.user);
    auth.words.push_back(settings.password);
    commands.push_back(std::move(auth));
  }
  if (settings.database != 0) commands.push_back({.words = {"SELECT", std::to_string(settings.database)}});
  // slo-migrate-store knows by it who speaks an older version.
  commands.push_back({.words = {"CLIENT", "SETNAME", "slo-v2-" + std::to_string(ngx_pid)}});
  if (settings.sentinel) commands.push_back({.words = {"ROLE"}});
  return commands;
}

// Only the first word of what Redis says: the rest may quote what we sent.
std::string first_word(std::string_view text) { return std::string(text.substr(0, text.find(' '))); }

}  // namespace

void RedisGreeting::begin() {
  introduced_ = false;
  replies_.clear();
  commands_ = introduction(settings_);
}

Outcome<RedisGreeting::Next> RedisGreeting::on_reply(redis::OwnedReply reply) {
  replies_.push_back(std::move(reply));
  if (replies_.size() < commands_.size()) return Next::listen;
  return introduced_ ? judge_schema() : judge_introduction();
}

// AUTH and SELECT must succeed, and whom sentinels name must be a master; a name is a courtesy.
Outcome<RedisGreeting::Next> RedisGreeting::judge_introduction() {
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const auto& verb = commands_[i].words.front();
    const redis::Reply reply(replies_[i].get());
    if (const auto mood = redis::why_it_cannot_serve(reply)) return refuse(Fault::store_unreachable, *mood);
    if (reply.is_error() && (verb == "AUTH" || verb == "SELECT")) {
      return refuse(Fault::store_unreachable, verb + " was answered " + first_word(reply.error()));
    }
    if (verb == "ROLE") {
      if (const auto why = redis::why_it_is_no_master(reply)) return refuse(Fault::store_unreachable, *why);
    }
  }
  introduced_ = true;
  if (settings_.node) return Next::done;  // of a cluster, where the schema is one node's
  schema_ = redis::agree_on_schema(settings_.prefix, settings_.tenants, nonce(this_moment(), 0));
  commands_.clear();
  for (const auto& command : schema_.commands) commands_.push_back(redis::fallback(command));
  replies_.clear();
  return Next::speak;
}

Outcome<RedisGreeting::Next> RedisGreeting::judge_schema() {
  std::vector<redis::Reply> views;
  for (const auto& reply : replies_) views.emplace_back(reply.get());
  if (const auto mood = redis::why_it_cannot_serve(views.front()))
    return refuse(Fault::store_unreachable, *mood);
  auto agreed = schema_.read(views);
  if (agreed) {
    agreement_ = *std::move(agreed);
    return Next::done;
  }
  if (agreed.error().fault == Fault::store_schema_foreign) return refuse(agreed.error());
  return refuse(Fault::store_unreachable, "it refused to show its schema: " + agreed.error().detail);
}

}  // namespace slo::ngx
