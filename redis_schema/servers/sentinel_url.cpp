// SPDX-License-Identifier: BSD-2-Clause
// Reads redis-sentinel:// and rediss-sentinel://, which are no URIs: they have a list where a URI has a host.
#include "redis_schema/servers/sentinel_url.h"

#include <algorithm>
#include <charconv>

namespace slo::redis {
namespace {

constexpr std::string_view plain = "redis-sentinel://", secure = "rediss-sentinel://";
constexpr std::uint16_t usual_port = 26379;
constexpr std::size_t most_sentinels = 32;
constexpr unsigned largest_database = 65535;

template <class Number>
std::optional<Number> read_number(std::string_view digits) {
  Number number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

tl::unexpected<Refusal> malformed(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool is_v6(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// host[:port], [address][:port]
std::optional<Peer> read_place(std::string_view text) {
  const bool has_brackets = text.starts_with('[');
  const auto end = has_brackets ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto host = has_brackets ? text.substr(1, end - 1) : text.substr(0, end);
  if (has_brackets ? !is_v6(host) : !is_host(host)) return std::nullopt;
  const auto rest = text.substr(has_brackets ? end + 1 : end);
  if (rest.empty()) return Peer{in_lower_case(host), usual_port};
  const auto port = rest.starts_with(':') ? read_number<std::uint16_t>(rest.substr(1)) : std::nullopt;
  return port && *port != 0 ? std::optional(Peer{in_lower_case(host), *port}) : std::nullopt;
}

Outcome<std::vector<Peer>> read_places(std::string_view list) {
  std::vector<Peer> places;
  while (true) {
    const auto comma = std::min(list.find(','), list.size());
    auto place = read_place(list.substr(0, comma));
    if (!place)
      return malformed(
          "must name each sentinel as host or host:port, with a port of 1 to 65535, and a comma between two");
    places.push_back(*std::move(place));
    if (comma == list.size()) break;
    list.remove_prefix(comma + 1);
  }
  if (places.size() > most_sentinels)
    return malformed("must name at most 32 sentinels: they name the others");
  return places;
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
  const auto database = read_number<unsigned>(path.substr(slash + 1));
  if (!database || *database > largest_database)
    return malformed("must have a database number behind the master's name");
  url.database = *database;
  return {};
}

}  // namespace

std::string SentinelUrl::shown() const {
  std::string text(tls ? secure : plain);
  for (const auto& peer : sentinels) text += (&peer == &sentinels.front() ? "" : ",") + name_of(peer);
  text += '/' + master;
  return database == 0 ? text : text + '/' + std::to_string(database);
}

bool is_sentinel_url(std::string_view text) noexcept {
  return text.starts_with(plain) || text.starts_with(secure);
}

Outcome<SentinelUrl> read_sentinel_url(std::string_view text) {
  SentinelUrl url{.tls = text.starts_with(secure)};
  text.remove_prefix((url.tls ? secure : plain).size());
  if (text.find_first_of("?#") != std::string_view::npos)
    return malformed("must have neither a query nor a fragment");
  const auto slash = std::min(text.find('/'), text.size());
  const auto at = text.find('@');
  if (at != text.rfind('@') || (at != std::string_view::npos && at > slash))
    return malformed("must have one \"@\" at most, before its hosts");
  std::string_view list = text.substr(0, slash);
  if (at != std::string_view::npos) {
    url.userinfo = std::string(list.substr(0, at));
    list.remove_prefix(at + 1);
  }
  if (list.empty()) return malformed("names no sentinel");
  auto places = read_places(list);
  if (!places) return refuse(places.error());
  url.sentinels = *std::move(places);
  if (auto read = read_path(text.substr(std::min(slash + 1, text.size())), url); !read)
    return refuse(read.error());
  return url;
}

}  // namespace slo::redis
