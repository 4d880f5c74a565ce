// SPDX-License-Identifier: BSD-2-Clause
// Builds every key name: the only place that knows how one looks.
#include "redis_schema/key.h"

#include <algorithm>
#include <array>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "redis_schema/reply.h"

namespace slo::redis {
namespace {

// CRC16(tag) mod 16384 is 256*p + 128, give or take one, so that 64 partitions lie evenly over the 16384
// slots of a cluster however many nodes share them.
constexpr std::array<std::string_view, partitions> tags{
    "53t", "j3j", "if5", "kec", "574", "74b", "akm", "6bk", "96a", "frw", "0ip", "oin", "d1i",
    "38o", "0m0", "xw",  "he6", "box", "40w", "c9q", "hav", "7ah", "447", "67a", "1js", "fcu",
    "0xr", "m5",  "1n3", "3me", "e2j", "iu",  "712", "52d", "cmk", "4dm", "75r", "h5l", "7av",
    "ice", "3y7", "1za", "2k6", "8ax", "wu7", "931", "yg",  "8e8", "7d8", "5gn", "621", "41g",
    "jc0", "qkn", "66q", "i6o", "3h5", "1kc", "2z4", "0yb", "3lu", "des", "he",  "802",
};

constexpr std::size_t max_stored_client = 63;

std::string key_of(const Space& space, std::uint16_t partition, std::string_view kind) {
  std::string key = space.prefix;
  key.append("{").append(tag_of(partition)).append("}:").append(space.issuer).append(":").append(kind);
  return key;
}

std::string key_of(const Space& space, std::string_view kind, std::string_view value) {
  return key_of(space, partition_of(value), kind).append(":").append(value);
}

// 22 characters that stand for a value of any length.
std::string digest_of(std::string_view value) { return base64url(sha256(value)).substr(0, 22); }

}  // namespace

std::uint64_t hash_of(std::string_view value) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : value) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::uint16_t partition_of(std::string_view value) noexcept {
  return static_cast<std::uint16_t>(hash_of(value) % partitions);
}

std::string_view tag_of(std::uint16_t partition) noexcept {
  return partition < partitions ? tags[partition] : std::string_view("meta");
}

ClientId stored_client(const ClientId& client) {
  if (client.value.size() <= max_stored_client) return client;
  return {"#" + digest_of(client.value)};
}

std::string session_key(const Space& space, const SessionKey& key) { return key_of(space, "s", key.value); }
std::string expiry_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "x"); }
std::string queue_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "q"); }
std::string records_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "d"); }
std::string tokens_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "a"); }
std::string dead_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "dl"); }
std::string dead_records_key(const Space& space, std::uint16_t partition) {
  return key_of(space, partition, "dr");
}
std::string counters_key(const Space& space, std::uint16_t partition) {
  return key_of(space, partition, "m");
}
std::string feed_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "rs"); }
std::string done_key(const Space& space, std::uint16_t partition) { return key_of(space, partition, "w"); }
std::string claimed_key(const Space& space, std::uint16_t partition, std::string_view caller) {
  return key_of(space, partition, "c").append(":").append(caller);
}
std::string subject_key(const Space& space, const Subject& sub) { return key_of(space, "u", sub.value); }
std::string cookie_key(const Space& space, const CookieDigest& digest) {
  return key_of(space, "k", digest.value);
}
std::string owner_key(const Space& space, const CookieDigest& digest) {
  return key_of(space, "o", digest.value);
}
std::string cookies_key(const Space& space, const SessionKey& key) { return key_of(space, "v", key.value); }
std::string code_key(const Space& space, const CodeDigest& digest) {
  return key_of(space, "g", digest.value);
}
std::string alias_key(const Space& space, const Sid& sid) { return key_of(space, "l", sid.value); }
std::string ticket_key(const Space& space, std::string_view nonce) { return key_of(space, "t", nonce); }
std::string way_back_key(const Space& space, std::string_view nonce) { return key_of(space, "b", nonce); }
std::string mark_key(const Space& space, const Mark& mark) {
  return key_of(space, mark.of == Mark::Of::sid ? "r" : "ru", mark.value);
}
std::string jti_key(const Space& space, const Mark& mark, std::string_view jti) {
  // A later logout of a user's sessions is another one, whatever name the OP gives it.
  auto whole = mark.of == Mark::Of::sid ? std::string("s")
                                        : "u" + std::to_string(mark.at.time_since_epoch().count()) + ".";
  whole.append(std::to_string(mark.value.size())).append(":");
  whole.append(mark.value).append(jti);
  return key_of(space, partition_of(mark.value), "j").append(":").append(digest_of(whole));
}
std::string awaited_key(std::string_view prefix, std::uint16_t partition) {
  return std::string(prefix).append("{").append(tag_of(partition)).append("}:wait");
}

std::string id_key(std::string_view prefix, std::uint16_t partition) {
  return std::string(prefix).append("{").append(tag_of(partition)).append("}:id");
}

std::string schema_key(std::string_view prefix) { return std::string(prefix) + "{meta}:cfg"; }
std::string issuers_key(std::string_view prefix) { return std::string(prefix) + "{meta}:iss"; }

bool touches(const Command& command, const Space& space) {
  const auto lies_there = [&space](std::string_view key) {
    const auto tag_end = key.find("}:");
    return tag_end != std::string_view::npos && key.starts_with(space.prefix + "{") &&
           key.substr(tag_end + 2).starts_with(space.issuer + ":");
  };
  const auto& words = command.words;
  if (!words.empty() && words[0] == "XREAD") return std::ranges::any_of(words, lies_there);
  const std::size_t first = command.script != nullptr ? 3 : 1;
  const auto count = command.script != nullptr && words.size() > 2 ? read_integer(words[2]).value_or(0) : 1;
  for (std::size_t i = first; i < words.size() && i < first + static_cast<std::size_t>(count); ++i) {
    if (lies_there(words[i])) return true;
  }
  return false;
}

}  // namespace slo::redis
