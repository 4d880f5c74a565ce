// SPDX-License-Identifier: BSD-2-Clause
// Compares how a server is with how it was when somebody of this host looked last.
#include "ngx_module/redis/health_watch.h"

#include <string>

#include "ngx_module/nginx/shared_server.h"

namespace slo::ngx {
namespace {

constexpr Millis every{10'000};
constexpr Millis until_it_is_there{500};

// What was told, in a word of the zone.
struct Told {
  redis::Troubles troubles{};
  bool has_looked = false;
  unsigned replicas = 0;

  static Told read(std::uint64_t word) {
    return {.troubles = {.evicts = (word & 1) != 0,
                         .is_nearly_full = (word & 2) != 0,
                         .cannot_save = (word & 4) != 0},
            .has_looked = (word & 8) != 0,
            .replicas = static_cast<unsigned>(word >> 32)};
  }
  std::uint64_t written() const {
    return (troubles.evicts ? 1u : 0u) | (troubles.is_nearly_full ? 2u : 0u) |
           (troubles.cannot_save ? 4u : 0u) | (has_looked ? 8u : 0u) | std::uint64_t{replicas} << 32;
  }
};

SharedServer::Numbers numbers_of(const redis::Health& health) {
  SharedServer::Numbers numbers{};
  std::size_t place = 0;
  for (const auto& gauge : redis::gauges_of(health)) numbers.at(place++) = gauge.value;
  return numbers;
}

std::uint64_t in_mebibytes(const std::optional<std::uint64_t>& bytes) { return bytes.value_or(0) >> 20; }

}  // namespace

HealthWatch::HealthWatch(const LinkSettings& settings, RedisLink& link, ngx_log_t* log)
    : settings_(settings), link_(link), log_(log), again_(log, [this] { ask(); }) {
  again_.may_be_left();
  again_.after(until_it_is_there);
}

void HealthWatch::ask() {
  if (ngx_exiting) return;
  if (!link_.is_up()) return again_.after(until_it_is_there);
  auto question = redis::ask_health();
  link_.submit(std::move(question.commands),
               [this, read = std::move(question.read)](const Outcome<RedisLink::Replies>& replies) {
                 again_.after(every);
                 if (!replies) return;
                 if (const auto health = read(redis::views_of(*replies))) learned(*health);
               });
}

void HealthWatch::learned(const redis::Health& health) const {
  const std::string name = link_.server_name();
  const SharedServer server(name);
  if (!server.is_there()) return;
  server.write(numbers_of(health));
  Told told = Told::read(server.remembered());
  told.troubles = tell_troubles(name, health, told.troubles);
  if (health.replicas) {
    tell_replicas(name, *health.replicas, told.replicas, !told.has_looked);
    told.replicas = *health.replicas;
    told.has_looked = true;
  }
  server.remember(told.written());
}

redis::Troubles HealthWatch::tell_troubles(const std::string& server, const redis::Health& health,
                                           const redis::Troubles& before) const {
  const char* url = settings_.url.c_str();
  const auto now = redis::troubles_of(health, before);
  if (now.evicts && !before.evicts)
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "slo: store \"%s\": its server %s drops sessions and logouts when its memory is full: "
                  "maxmemory-policy is \"%s\", set it to \"noeviction\"",
                  url, server.c_str(), health.policy.c_str());
  if (before.evicts && !now.evicts)
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: store \"%s\": its server %s drops nothing any more", url,
                  server.c_str());
  if (now.is_nearly_full && !before.is_nearly_full)
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "slo: store \"%s\": the memory of its server %s is nearly full: %uL of %uL MiB", url,
                  server.c_str(), in_mebibytes(health.memory_used), in_mebibytes(health.memory_limit));
  if (before.is_nearly_full && !now.is_nearly_full)
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: store \"%s\": the memory of its server %s has room again",
                  url, server.c_str());
  if (now.cannot_save && !before.cannot_save)
    ngx_log_error(
        NGX_LOG_WARN, log_, 0,
        "slo: store \"%s\": its server %s cannot write to its disk: what it holds is lost if it ends", url,
        server.c_str());
  if (before.cannot_save && !now.cannot_save)
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: store \"%s\": its server %s writes to its disk again", url,
                  server.c_str());
  return now;
}

void HealthWatch::tell_replicas(const std::string& server, unsigned now, unsigned before,
                                bool is_first) const {
  const unsigned wanted = settings_.wait ? settings_.wait->replicas : 0;
  if (is_first && now < wanted)
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "slo: store \"%s\": its server %s has %ud replicas, and \"wait=\" asks for %ud",
                  settings_.url.c_str(), server.c_str(), now, wanted);
  if (is_first || now == before) return;
  const ngx_uint_t level = now < before ? NGX_LOG_WARN : NGX_LOG_NOTICE;
  ngx_log_error(level, log_, 0, "slo: store \"%s\": its server %s has %ud replicas, after %ud",
                settings_.url.c_str(), server.c_str(), now, before);
}

}  // namespace slo::ngx
