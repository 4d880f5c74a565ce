// SPDX-License-Identifier: BSD-2-Clause
// Reads what sentinels say, and keeps the list of them.
#include "redis_schema/servers/sentinel.h"

#include <algorithm>
#include <utility>

namespace slo::redis {
namespace {

constexpr std::size_t most_learnt = 32;

std::optional<Peer> peer_in(const Reply& host, const Reply& port) {
  return read_peer(host.text().value_or(""), port.text().value_or(""));
}

Outcome<std::optional<Peer>> read_master(const Reply& reply) {
  if (reply.is_error()) return refuse(refusal_of(reply));
  if (reply.is_nil()) return std::optional<Peer>();
  auto peer = peer_in(reply[0], reply[1]);
  if (!peer) return refuse(unexpected_reply("SENTINEL"));
  return peer;
}

// Each is a list of names and values.
std::optional<Peer> read_sentinel(const Reply& fields) {
  std::string_view host, port;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields[i].text().value_or("");
    if (name == "ip") host = fields[i + 1].text().value_or("");
    if (name == "port") port = fields[i + 1].text().value_or("");
  }
  return read_peer(host, port);
}

// One that does not know the master refuses this, and has said so before.
std::vector<Peer> read_sentinels(const Reply& reply) {
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    if (auto peer = read_sentinel(reply[i])) peers.push_back(*std::move(peer));
  }
  return peers;
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

}  // namespace

bool is_master_name(std::string_view text) noexcept { return is_plain_name(text, ".-_"); }

Exchange<SentinelAnswer> ask_sentinel(const std::string& master) {
  return {
      .commands = {{.words = {"SENTINEL", "get-master-addr-by-name", master}},
                   {.words = {"SENTINEL", "sentinels", master}}},
      .read = [](std::span<const Reply> replies) -> Outcome<SentinelAnswer> {
        if (replies.size() != 2) return refuse(unexpected_reply("SENTINEL"));
        auto known = read_master(replies[0]);
        if (!known) return refuse(known.error());
        return SentinelAnswer{.master = *std::move(known), .others = read_sentinels(replies[1])};
      },
  };
}

Command subscribe_to_failovers() { return {.words = {"SUBSCRIBE", "+switch-master", "+promoted-slave"}}; }

// +switch-master   <master> <its old address> <port> <its new address> <port>
// +promoted-slave  slave <name> <address> <port> @ <master> <its old address> <port>
std::optional<Peer> moved_to(const Reply& message, std::string_view master) {
  if (message[0].text() != "message") return std::nullopt;
  const auto words = words_in(message[2].text().value_or(""));
  const auto channel = message[1].text();
  if (channel == "+switch-master" && words.size() == 5 && words[0] == master)
    return read_peer(words[3], words[4]);
  if (channel == "+promoted-slave" && words.size() == 8 && words[5] == master)
    return read_peer(words[2], words[3]);
  return std::nullopt;
}

std::optional<std::string> why_it_is_no_master(const Reply& role) {
  if (role.is_error()) return "ROLE was answered " + std::string(code_of(role.error()));
  const auto word = role[0].text().value_or("");
  if (word == "master") return std::nullopt;
  if (word == "slave") return "it is a replica (ROLE)";
  return "it is no server of data (ROLE)";
}

SentinelList::SentinelList(std::vector<Peer> configured)
    : configured_(std::move(configured)), all_(configured_) {}

void SentinelList::answered(const Peer& who, const std::vector<Peer>& others) {
  std::vector<Peer> fresh{who};
  const auto add = [&fresh](const Peer& peer) {
    if (!contains(fresh, peer)) fresh.push_back(peer);
  };
  std::ranges::for_each(configured_, add);
  for (std::size_t i = 0; i < std::min(others.size(), most_learnt); ++i) add(others[i]);
  all_ = std::move(fresh);
}

void MasterSearch::begin() {
  left_.assign(list_.in_order().rbegin(), list_.in_order().rend());
  found_.reset();
  is_unknown_ = false;
  trouble_.clear();
}

const Peer* MasterSearch::whom() const noexcept { return left_.empty() ? nullptr : &left_.back(); }

void MasterSearch::answered(const SentinelAnswer& answer) {
  if (left_.empty()) return;
  const Peer who = std::move(left_.back());
  left_.pop_back();
  if (!answer.master) {
    is_unknown_ = true;
    return;
  }
  left_.clear();
  found_ = answer.master;
  list_.answered(who, answer.others);
}

void MasterSearch::failed(const std::string& why) {
  if (left_.empty()) return;
  trouble_ = name_of(left_.back()) + ": " + why;
  left_.pop_back();
}

std::string MasterSearch::why_not() const {
  if (is_unknown_) return "no sentinel that answers knows the master \"" + master_ + '"';
  return "no sentinel answers; " + trouble_;
}

}  // namespace slo::redis
