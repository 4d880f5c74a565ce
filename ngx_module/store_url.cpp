// SPDX-License-Identifier: BSD-2-Clause
// Reads slo_store's URL and its files into LinkSettings, with a sentence for everything that is wrong with
// them.
#include "ngx_module/store_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/text/form.h"
#include "core/text/uri.h"
#include "ngx_module/line.h"
#include "ngx_module/pool.h"
#include "ngx_module/store_tls.h"

namespace slo::ngx {
namespace {

constexpr unsigned default_port = 6379;
constexpr std::size_t longest_password = 4096;

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
Outcome<std::vector<ngx_addr_t>> resolve(ngx_conf_t* cf, const std::string& place) {
  ngx_url_t url{};
  url.url = to_ngx(cf->pool, place);
  url.default_port = default_port;
  if (ngx_parse_url(cf->pool, &url) != NGX_OK) {
    return bad_line("\"" + place + "\": " + (url.err != nullptr ? url.err : "cannot be resolved"));
  }
  return std::vector<ngx_addr_t>(url.addrs, url.addrs + url.naddrs);
}

// unix:/path[:database]
Outcome<LinkSettings> read_unix(ngx_conf_t* cf, std::string_view url) {
  LinkSettings settings;
  std::string_view path = url;
  const auto colon = url.rfind(':');
  if (colon > url.find('/') && colon != std::string_view::npos) {
    const auto database = read_database(url.substr(colon + 1));
    if (!database)
      return bad_line("\"" + std::string(url) + "\": what follows the last colon must be a database number");
    settings.database = *database;
    path = url.substr(0, colon);
  }
  if (!path.starts_with("unix:/"))
    return bad_line("\"" + std::string(url) + "\": expected unix:/path[:database]");
  settings.url = with_database(std::string(path), ':', settings.database);
  auto addresses = resolve(cf, std::string(path));
  if (!addresses) return refuse(addresses.error());
  settings.addresses = *std::move(addresses);
  return settings;
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
Outcome<LinkSettings> read_redis(ngx_conf_t* cf, const Uri& uri) {
  const std::string place = uri.scheme + "://" + uri.authority();
  if (uri.host.empty()) return bad_line("the URL names no host; expected redis://host[:port][/database]");
  if (uri.query || uri.fragment) return bad_line("\"" + place + "\": takes neither a query nor a fragment");

  LinkSettings settings;
  if (uri.userinfo && !read_credentials(*uri.userinfo, settings)) {
    return bad_line("\"" + place + "\": user or password has a broken percent escape");
  }
  const std::string_view path = uri.path;
  const auto database = path.size() <= 1 ? std::optional(0u) : read_database(path.substr(1));
  if (!database)
    return bad_line("\"" + place + uri.path + "\": the path must be a database number, as in " + place +
                    "/1");
  settings.database = *database;
  settings.url = with_database(place, '/', settings.database);
  settings.tls = uri.scheme == "rediss";
  const bool literal = uri.host.starts_with('[');
  settings.tls_name = literal ? uri.host.substr(1, uri.host.size() - 2) : uri.host;
  auto addresses = resolve(cf, uri.authority());
  if (!addresses) return refuse(addresses.error());
  settings.addresses = *std::move(addresses);
  return settings;
}

Outcome<LinkSettings> read_url(ngx_conf_t* cf, const std::string& url) {
  if (url.starts_with("unix:")) return read_unix(cf, url);
  // Named before anything is read: their lists of hosts are no URI.
  for (const std::string_view scheme : {"redis-sentinel:", "redis-cluster:"}) {
    if (!url.starts_with(scheme)) continue;
    return bad_line(std::string(scheme) +
                    "// is not supported by this version; name one Redis server with redis://, "
                    "rediss:// or unix:");
  }
  const auto uri = read_uri(url);
  if (!uri)
    return bad_line("the URL is malformed (" + uri.error().detail +
                    "); expected redis://, rediss:// or unix:");
  if (uri->scheme == "redis" || uri->scheme == "rediss") return read_redis(cf, *uri);
  return bad_line("unknown scheme \"" + uri->scheme + "\"; expected redis://, rediss:// or unix:");
}

// The file's content, one trailing newline removed.
Outcome<std::string> read_password(ngx_conf_t* cf, const std::string& path) {
  return read_file(cf, path).and_then([&](std::string content) -> Outcome<std::string> {
    if (content.ends_with('\n')) content.pop_back();
    if (content.empty()) return bad_line("password_file \"" + path + "\" is empty");
    if (content.size() > longest_password)
      return bad_line("password_file \"" + path + "\" is too large for a password");
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
    auto password = read_password(cf, options.password_file);
    if (!password) return refuse(password.error());
    settings.password = *std::move(password);
  }
  if (!settings.user.empty() && settings.password.empty())
    return bad_line("a user needs a password; add password_file=");
  return {};
}

}  // namespace

Outcome<LinkSettings> read_store_url(ngx_conf_t* cf, const StoreOptions& options) {
  auto settings = read_url(cf, options.url);
  if (!settings) return settings;
  settings->timeout = options.timeout;
  settings->prefix = options.prefix;
  if (auto added = add_credentials(cf, options, *settings); !added) return refuse(added.error());
  if (auto secured = secure_store(cf, options, *settings); !secured) return refuse(secured.error());
  return settings;
}

}  // namespace slo::ngx
