// SPDX-License-Identifier: BSD-2-Clause
// Reads the servers of a URL one by one.
#include "redis_schema/servers/server_list.h"

#include <algorithm>

namespace slo::redis {
namespace {

constexpr std::size_t most_servers = 32;

tl::unexpected<Refusal> unreadable(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
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
std::optional<Peer> read_server(std::string_view text, std::uint16_t usual_port) {
  const bool has_brackets = text.starts_with('[');
  const auto end = has_brackets ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto host = has_brackets ? text.substr(1, end - 1) : text.substr(0, end);
  if (has_brackets ? !is_v6(host) : !is_plain_name(host, ".-_")) return std::nullopt;
  const auto rest = text.substr(has_brackets ? end + 1 : end);
  if (rest.empty()) return Peer{in_lower_case(host), usual_port};
  return rest.starts_with(':') ? read_peer(in_lower_case(host), rest.substr(1)) : std::nullopt;
}

Outcome<std::vector<Peer>> read_servers(std::string_view list, const ServerKind& kind) {
  std::vector<Peer> places;
  while (true) {
    const auto comma = std::min(list.find(','), list.size());
    auto place = read_server(list.substr(0, comma), kind.usual_port);
    if (!place)
      return unreadable("must name each " + std::string(kind.one) +
                        " as host or host:port, with a port of 1 to 65535, and a comma between two");
    places.push_back(*std::move(place));
    if (comma == list.size()) break;
    list.remove_prefix(comma + 1);
  }
  if (places.size() > most_servers)
    return unreadable("must name at most " + std::to_string(most_servers) + ' ' + kind.several +
                      ": they name the others");
  return places;
}

}  // namespace

Outcome<ServerList> read_server_list(std::string_view text, const ServerKind& kind) {
  ServerList read;
  if (text.find_first_of("?#") != std::string_view::npos)
    return unreadable("must have neither a query nor a fragment");
  const auto slash = std::min(text.find('/'), text.size());
  const auto at = text.find('@');
  if (at != text.rfind('@') || (at != std::string_view::npos && at > slash))
    return unreadable("must have one \"@\" at most, before its hosts");
  std::string_view list = text.substr(0, slash);
  if (at != std::string_view::npos) {
    read.userinfo = std::string(list.substr(0, at));
    list.remove_prefix(at + 1);
  }
  if (list.empty()) return unreadable("names no " + std::string(kind.one));
  auto places = read_servers(list, kind);
  if (!places) return refuse(places.error());
  read.servers = *std::move(places);
  read.path = text.substr(std::min(slash + 1, text.size()));
  return read;
}

std::string shown(const std::vector<Peer>& servers) {
  std::string text;
  for (const auto& peer : servers) text += (text.empty() ? "" : ",") + name_of(peer);
  return text;
}

}  // namespace slo::redis
