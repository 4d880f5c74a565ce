// SPDX-License-Identifier: BSD-2-Clause
// Compares what the store says about itself with what was known before.
#include "ngx_module/redis/watch.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/key.h"
#include "redis_schema/script.h"
#include "redis_schema/servers/mood.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_told = 1024;  // there are some fifty commands of ours, for each server

std::string name_of(const redis::Command& command) {
  if (command.script != nullptr) return "the script \"" + std::string(command.script->name) + '"';
  return command.words.empty() ? std::string() : command.words.front();
}

// Of this worker: a cluster's nodes have many connections, of which none knows what the others have told.
bool is_told(const std::string& what) {
  static std::set<std::string> told;
  if (told.size() >= max_told) told.clear();
  return !told.insert(what).second;
}

}  // namespace

std::uint32_t digest_of(const std::string& text) noexcept {
  return static_cast<std::uint32_t>(
      ngx_crc32_long(const_cast<u_char*>(reinterpret_cast<const u_char*>(text.data())), text.size()));
}

redis::Exchange<redis::Agreement> StoreWatch::question() const {
  if (settings_.node)
    return {.commands = {{.words = {"PING"}}},
            .read = [](std::span<const redis::Reply>) { return redis::Agreement{}; }};
  return redis::agree_on_schema(settings_.prefix, settings_.tenants, nonce(this_moment(), 0));
}

void StoreWatch::learned(const redis::Agreement& agreement) {
  if (settings_.node) return;
  compare(agreement.store_id);
  if (agreement.foreign != foreign_) tell_foreign(agreement.foreign);
  if (foreign_.empty()) {
    note_agreement(parties());
  } else {
    forget_agreement();
  }
}

bool StoreWatch::have_agreed_before() const { return have_agreed(parties()); }

std::uint32_t StoreWatch::parties() const {
  std::string all = settings_.url + ' ' + settings_.prefix + ' ' + std::string(redis::schema_version);
  for (const auto& tenant : settings_.tenants) all.append(" ").append(tenant.tag);
  return digest_of(all);
}

// A worker looks at what all workers know only when its own knowledge changes: an answer that is older than a
// neighbour's is no news.
void StoreWatch::compare(const std::string& store_id) {
  if (store_id == store_id_) return;
  const bool is_first = store_id_.empty();
  store_id_ = store_id;
  if (!store_was_replaced(digest_of(settings_.url + ' ' + settings_.prefix), digest_of(store_id), is_first))
    return;
  count(Counter::store_emptied);
  forget_all_notes();
  tell_emptied();
}

void StoreWatch::tell_emptied() const {
  if (settings_.cluster.empty()) {
    ngx_log_error(
        NGX_LOG_ERR, log_, 0,
        "slo: store \"%s\" was emptied or replaced: sessions registered before are unknown, and their "
        "relying parties cannot be told",
        settings_.url.c_str());
  } else {
    ngx_log_error(
        NGX_LOG_ERR, log_, 0,
        "slo: store \"%s\" was emptied or replaced, or its node with {meta} alone: sessions registered "
        "there before are unknown, and their relying parties cannot be told",
        settings_.url.c_str());
  }
}

void StoreWatch::tell_foreign(const std::vector<std::string>& tags) {
  foreign_ = tags;
  for (const auto& tenant : settings_.tenants) {
    if (std::ranges::find(tags, tenant.tag) == tags.end()) continue;
    ngx_log_error(NGX_LOG_EMERG, log_, 0, "slo: store \"%s\" refuses slo_provider \"%s\" alone: %s",
                  settings_.url.c_str(), tenant.name.c_str(),
                  redis::peer_mismatch_behind(tenant.tag, settings_.tenants).c_str());
  }
  if (tags.empty())
    ngx_log_error(NGX_LOG_ERR, log_, 0, "slo: store \"%s\" serves all providers again",
                  settings_.url.c_str());
}

Outcome<void> StoreWatch::may_send(const std::vector<redis::Command>& commands) const {
  for (const auto& tag : foreign_) {
    const redis::Space space{.prefix = settings_.prefix, .issuer = tag};
    const auto touches = [&](const redis::Command& command) { return redis::touches(command, space); };
    if (std::ranges::any_of(commands, touches))
      return refuse(Fault::store_schema_foreign, redis::peer_mismatch_behind(tag, settings_.tenants));
  }
  return {};
}

void StoreWatch::heard(const redis::Command& command, const redis::Reply& reply) {
  const bool is_no_need = command.words.front() == "WAIT" || command.words.front() == "INFO";
  if (is_no_need || !redis::is_forbidden(reply) || is_told(settings_.url + ' ' + name_of(command))) return;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "slo: store \"%s\" does not let its user do all that is needed: %s was answered NOPERM",
                settings_.url.c_str(), name_of(command).c_str());
}

}  // namespace slo::ngx
