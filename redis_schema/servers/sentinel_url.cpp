// SPDX-License-Identifier: BSD-2-Clause
// Reads redis-sentinel:// and rediss-sentinel://.
#include "redis_schema/servers/sentinel_url.h"

#include <algorithm>
#include <charconv>

#include "redis_schema/servers/server_list.h"

namespace slo::redis {
namespace {

constexpr std::string_view plain = "redis-sentinel://", secure = "rediss-sentinel://";
constexpr ServerKind sentinels{"sentinel", "sentinels", 26379};
constexpr unsigned largest_database = 65535;

std::optional<unsigned> read_database(std::string_view digits) {
  unsigned number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end || number > largest_database) return std::nullopt;
  return number;
}

tl::unexpected<Refusal> malformed(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
}

// master[/database]
Outcome<void> read_path(std::string_view path, SentinelUrl& url) {
  const auto slash = std::min(path.find('/'), path.size());
  const auto master = path.substr(0, slash);
  if (!is_master_name(master))
    return malformed(
        "must have the master's name behind the sentinels: letters, digits, \".\", \"_\" and \"-\"");
  url.master = std::string(master);
  if (slash == path.size()) return {};
  const auto database = read_database(path.substr(slash + 1));
  if (!database) return malformed("must have a database number behind the master's name");
  url.database = *database;
  return {};
}

}  // namespace

std::string SentinelUrl::shown() const {
  const auto text = std::string(tls ? secure : plain) + redis::shown(sentinels) + '/' + master;
  return database == 0 ? text : text + '/' + std::to_string(database);
}

bool is_sentinel_url(std::string_view text) noexcept {
  return text.starts_with(plain) || text.starts_with(secure);
}

Outcome<SentinelUrl> read_sentinel_url(std::string_view text) {
  SentinelUrl url{.tls = text.starts_with(secure)};
  auto list = read_server_list(text.substr((url.tls ? secure : plain).size()), redis::sentinels);
  if (!list) return refuse(list.error());
  url.userinfo = std::move(list->userinfo);
  url.sentinels = std::move(list->servers);
  if (auto read = read_path(list->path, url); !read) return refuse(read.error());
  return url;
}

}  // namespace slo::redis
