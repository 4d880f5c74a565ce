// SPDX-License-Identifier: BSD-2-Clause
// Reads the lines "nameserver ADDRESS" of a resolv.conf.
#include "core/text/name_servers.h"

#include <algorithm>

namespace slo {
namespace {

constexpr std::string_view blanks = " \t\r";

// Cuts the first word off.
std::string_view cut_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const auto word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<std::string> name_servers_in(std::string_view resolv_conf) {
  std::vector<std::string> servers;
  while (!resolv_conf.empty()) {
    auto line = resolv_conf.substr(0, resolv_conf.find('\n'));
    resolv_conf.remove_prefix(std::min(line.size() + 1, resolv_conf.size()));
    if (cut_word(line) != "nameserver") continue;
    const std::string server(cut_word(line));
    if (server.empty()) continue;
    servers.push_back(server.find(':') == std::string::npos ? server : '[' + server + ']');
  }
  return servers;
}

}  // namespace slo
