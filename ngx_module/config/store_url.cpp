// SPDX-License-Identifier: BSD-2-Clause
// Reads slo_store's URL and its files into LinkSettings, with a sentence for everything that is wrong.
#include "ngx_module/config/store_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/text/form.h"
#include "core/text/uri.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/config/store_tls.h"
#include "ngx_module/nginx/pool.h"
#include "redis_schema/servers/cluster_url.h"
#include "redis_schema/servers/sentinel_url.h"

namespace slo::ngx {
namespace {

constexpr unsigned default_port = 6379;
constexpr const char* expected =
    "redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], "
    "for several servers redis-cluster://... or redis-sentinel://...";
constexpr std::size_t max_password = 4096;

std::optional<unsigned> read_database(std::string_view digits) {
  unsigned number = 0;
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end || number > 65535) return std::nullopt;
  return number;
}

std::string with_database(const std::string& url, char mark, unsigned database) {
  return database == 0 ? url : url + mark + std::to_string(database);
}

// Names are resolved now, by the system's resolver, as nginx does with proxy_pass; Redis is not contacted.
// One that is not known is no reason not to start: it may be later.
struct Resolved {
  std::string host{};  // where it is a name
  in_port_t port = 0;
  std::vector<ngx_addr_t> addresses{};
};

Outcome<Resolved> resolved(ngx_conf_t* cf, const std::string& place, const char* is_down) {
  Resolved known;
  ngx_url_t url{};
  url.url = to_ngx(cf->pool, place);
  url.default_port = default_port;
  url.no_resolve = 1;
  if (ngx_parse_url(cf->pool, &url) != NGX_OK) {
    return bad_line("\"" + place + "\": " + (url.err != nullptr ? url.err : "cannot be resolved"));
  }
  if (url.naddrs == 0) {
    known.host.assign(reinterpret_cast<const char*>(url.host.data), url.host.len);
    known.port = url.port;
    if (ngx_inet_resolve_host(cf->pool, &url) != NGX_OK) {
      ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "\"slo_store\": host not found in \"%s\": %s", place.c_str(),
                         is_down);
      return known;
    }
  }
  known.addresses.assign(url.addrs, url.addrs + url.naddrs);
  return known;
}

Outcome<void> resolve(ngx_conf_t* cf, const std::string& place, LinkSettings& settings) {
  auto known = resolved(cf, place, "the store counts as down until its name is known");
  if (!known) return refuse(known.error());
  settings.host = std::move(known->host);
  settings.port = known->port;
  settings.addresses = std::move(known->addresses);
  return {};
}

std::string form_of(std::string_view url) {
  if (redis::is_sentinel_url(url)) return std::string(redis::sentinel_url_form);
  if (redis::is_cluster_url(url)) return std::string(redis::cluster_url_form);
  return expected;
}

// A URL that is wrong is never shown behind its scheme: a `/`, `?`, `#` or `@` in a password moves the bounds
// of everything else.
tl::unexpected<Refusal> malformed_store(std::string_view url, const std::string& why) {
  if (url.find('@') == std::string_view::npos) return bad_line("the URL " + why + "; write " + form_of(url));
  return bad_line(
      "the URL " + why +
      "; in its user and password percent-encode \"/\" as %2F, \"?\" as %3F, \"#\" as %23, \"@\" as %40, "
      "\":\" as %3A, \"%\" as %25, or use \"user=\" and \"password_file=\"");
}

// unix:/path[:database]
Outcome<LinkSettings> read_unix(ngx_conf_t* cf, std::string_view url) {
  LinkSettings settings;
  std::string_view path = url;
  const auto colon = url.rfind(':');
  if (colon > url.find('/') && colon != std::string_view::npos) {
    const auto database = read_database(url.substr(colon + 1));
    if (!database) return malformed_store(url, "must end in a database number behind the last colon");
    settings.database = *database;
    path = url.substr(0, colon);
  }
  if (!path.starts_with("unix:/") || path.starts_with("unix://")) {
    return malformed_store(url, "must have one slash behind \"unix:\"");
  }
  settings.url = with_database(std::string(path), ':', settings.database);
  if (auto known = resolve(cf, std::string(path), settings); !known) return refuse(known.error());
  return settings;
}

// What may be shown: a host with its port, or a path; there is no user in it.
bool is_place(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:[]/").find(c) != std::string_view::npos;
  });
}

// user[:password]@, percent-encoded. The text is never quoted in a refusal.
bool read_credentials(std::string_view userinfo, LinkSettings& settings) {
  const auto colon = std::min(userinfo.find(':'), userinfo.size());
  const auto user = decode_component(userinfo.substr(0, colon));
  const auto password = decode_component(userinfo.substr(std::min(colon + 1, userinfo.size())));
  if (!user || !password) return false;
  settings.user = *user;
  settings.password = *password;
  return true;
}

// redis[s]://[user[:password]@]host[:port][/database]
Outcome<LinkSettings> read_redis(ngx_conf_t* cf, const Uri& uri, const std::string& url) {
  if (uri.host.empty() && uri.path.starts_with('/')) {
    return is_place(uri.path)
               ? bad_line("the URL names no host, write \"unix:" + uri.path + "\" for a socket")
               : malformed_store(url, "names no host");
  }
  if (uri.host.empty()) return malformed_store(url, "names no host");
  if (uri.query || uri.fragment) return malformed_store(url, "must have neither a query nor a fragment");
  LinkSettings settings;
  if (uri.userinfo && !read_credentials(*uri.userinfo, settings)) {
    return malformed_store(url, "has a broken percent escape in its user or password");
  }
  const std::string_view path = uri.path;
  const auto database = path.size() <= 1 ? std::optional(0u) : read_database(path.substr(1));
  if (!database) return malformed_store(url, "must have a database number as its path");
  settings.database = *database;
  settings.url = with_database(uri.scheme + "://" + uri.authority(), '/', settings.database);
  settings.tls = uri.scheme == "rediss";
  const bool literal = uri.host.starts_with('[');
  settings.tls_name = literal ? uri.host.substr(1, uri.host.size() - 2) : uri.host;
  if (auto known = resolve(cf, uri.authority(), settings); !known) return refuse(known.error());
  return settings;
}

Outcome<std::vector<NamedServer>> resolved(ngx_conf_t* cf, const std::vector<redis::Peer>& peers,
                                           const char* is_down) {
  std::vector<NamedServer> servers;
  for (const auto& peer : peers) {
    auto known = resolved(cf, redis::name_of(peer), is_down);
    if (!known) return refuse(known.error());
    servers.push_back({peer, std::move(known->addresses)});
  }
  return servers;
}

Outcome<SentinelSettings> read_sentinels(ngx_conf_t* cf, const redis::SentinelUrl& url,
                                         const StoreOptions& options) {
  SentinelSettings sentinel{.master = url.master, .tls = url.tls};
  auto places = resolved(cf, url.sentinels, "this sentinel counts as down until its name is known");
  if (!places) return refuse(places.error());
  sentinel.places = *std::move(places);
  if (!options.sentinel_tls.empty()) sentinel.tls = options.sentinel_tls == "on";
  return sentinel;
}

// redis[s]-cluster://[user[:password]@]host[:port][,host[:port]]...
Outcome<LinkSettings> read_cluster_store(ngx_conf_t* cf, const std::string& text) {
  const auto url = redis::read_cluster_url(text);
  if (!url) return malformed_store(text, url.error().detail);
  LinkSettings settings;
  settings.url = url->shown();
  settings.tls = url->tls;
  if (url->userinfo && !read_credentials(*url->userinfo, settings))
    return malformed_store(text, "has a broken percent escape in its user or password");
  auto nodes = resolved(cf, url->nodes, "this node counts as down until its name is known");
  if (!nodes) return refuse(nodes.error());
  settings.cluster = *std::move(nodes);
  return settings;
}

// redis[s]-sentinel://[user[:password]@]host[:port][,host[:port]].../master[/database]
Outcome<LinkSettings> read_sentinel_store(ngx_conf_t* cf, const StoreOptions& options) {
  const auto url = redis::read_sentinel_url(options.url);
  if (!url) return malformed_store(options.url, url.error().detail);
  LinkSettings settings;
  settings.url = url->shown();
  settings.tls = url->tls;
  settings.database = url->database;
  if (url->userinfo && !read_credentials(*url->userinfo, settings))
    return malformed_store(options.url, "has a broken percent escape in its user or password");
  auto sentinel = read_sentinels(cf, *url, options);
  if (!sentinel) return refuse(sentinel.error());
  settings.sentinel = *std::move(sentinel);
  return settings;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  ngx_strlow(reinterpret_cast<u_char*>(lower.data()), reinterpret_cast<u_char*>(lower.data()), lower.size());
  return lower;
}

// What has no scheme, but looks like a place.
tl::unexpected<Refusal> without_scheme(std::string_view url) {
  if (!is_place(url)) return malformed_store(url, "has no scheme");
  const std::string meant = (url.starts_with('/') ? "unix:" : "redis://") + std::string(url);
  return bad_line("the URL has no scheme, write \"" + meant + '"');
}

Outcome<LinkSettings> read_url(ngx_conf_t* cf, const StoreOptions& options) {
  const std::string& url = options.url;
  if (url.starts_with("unix:")) return read_unix(cf, url);
  if (redis::is_sentinel_url(url)) return read_sentinel_store(cf, options);
  if (redis::is_cluster_url(url)) return read_cluster_store(cf, url);
  const std::size_t colon = url.find(':');
  const std::string scheme = lower_case(std::string_view(url).substr(0, colon));
  const bool is_ours = scheme == "redis" || scheme == "rediss";
  const bool has_slashes = colon != std::string::npos && url.find("://") == colon;
  const bool is_list = scheme.ends_with("-sentinel") || scheme.ends_with("-cluster");
  if ((is_ours || is_list) && !has_slashes) return malformed_store(url, "must have \"//\" behind its scheme");
  if (!has_slashes) return without_scheme(url);
  if (!is_ours) return malformed_store(url, "has an unknown scheme");
  const auto uri = read_uri(url);
  if (!uri) return malformed_store(url, uri.error().detail);
  return read_redis(cf, *uri, url);
}

// The file's one line.
Outcome<std::string> read_password(ngx_conf_t* cf, const std::string& path, const char* option) {
  return read_secret_text(cf, path).and_then([&](std::string content) -> Outcome<std::string> {
    if (content.size() > max_password)
      return bad_line(std::string(option) + " \"" + path + "\" is too large for a password");
    return content;
  });
}

Outcome<void> add_credentials(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings) {
  if (!options.user.empty()) {
    if (!settings.user.empty()) return bad_line("a user stands both in the URL and in user=; remove one");
    settings.user = options.user;
  }
  if (!options.password_file.empty()) {
    if (!settings.password.empty())
      return bad_line("a password stands both in the URL and in password_file=; remove one");
    auto password = read_password(cf, options.password_file, "password_file");
    if (!password) return refuse(password.error());
    settings.password = *std::move(password);
  }
  if (!settings.user.empty() && settings.password.empty())
    return bad_line("a user needs a password; add password_file=");
  return {};
}

// The sentinels have a user of their own, or none.
Outcome<void> add_sentinel_credentials(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings) {
  if (!settings.sentinel) {
    for (const auto* option : {&options.sentinel_user, &options.sentinel_password_file, &options.sentinel_tls,
                               &options.sentinel_ca, &options.sentinel_certificate, &options.sentinel_key}) {
      if (!option->empty())
        return bad_line("parameters that begin with \"sentinel_\" need a URL of redis-sentinel://");
    }
    return {};
  }
  if (!options.sentinel_user.empty() && options.sentinel_password_file.empty())
    return bad_line("sentinel_user= needs a password; add sentinel_password_file=");
  settings.sentinel->user = options.sentinel_user;
  if (options.sentinel_password_file.empty()) return {};
  auto password = read_password(cf, options.sentinel_password_file, "sentinel_password_file");
  if (!password) return refuse(password.error());
  settings.sentinel->password = *std::move(password);
  return {};
}

}  // namespace

Outcome<LinkSettings> read_store_url(ngx_conf_t* cf, const StoreOptions& options) {
  if (!options.sentinel_tls.empty() && options.sentinel_tls != "on" && options.sentinel_tls != "off")
    return bad_line("invalid parameter \"sentinel_tls=\", it must be \"on\" or \"off\"");
  auto settings = read_url(cf, options);
  if (!settings) return settings;
  settings->timeout = options.timeout;
  settings->prefix = options.prefix;
  if (auto added = add_credentials(cf, options, *settings); !added) return refuse(added.error());
  if (auto added = add_sentinel_credentials(cf, options, *settings); !added) return refuse(added.error());
  if (auto secured = secure_store(cf, options, *settings); !secured) return refuse(secured.error());
  return settings;
}

}  // namespace slo::ngx
