// SPDX-License-Identifier: BSD-2-Clause
// Every key name, built here only. Schema version 2.
//
// A key is `<prefix>{<tag of the partition>}:<issuer tag>:<kind>[:<value>]`. 64 partitions, whose tags spread
// evenly over the slots of a cluster; a session, its queue and its counters share one. The prefix must not
// hold braces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/names.h"
#include "core/provider/provider.h"
#include "core/rp/mark.h"
#include "redis_schema/command.h"

namespace slo::redis {

inline constexpr std::uint16_t partitions = 64;

// For so long, at least, the feed names what has ended, if nothing else is said.
inline constexpr Seconds feed_retention{7LL * 24 * 3600};

// The part of the store that belongs to one issuer.
struct Space {
  std::string prefix{};  // slo_store prefix=
  std::string issuer{};  // store_tag(issuer)
  friend bool operator==(const Space&, const Space&) = default;
};

std::uint64_t hash_of(std::string_view value) noexcept;       // FNV-1a 64
std::uint16_t partition_of(std::string_view value) noexcept;  // its hash mod 64
std::string_view tag_of(std::uint16_t partition) noexcept;

// What stands for a client in the store. An id of more than 63 bytes would flip the whole session to an
// encoding of four times the size: `#` and 22 characters of base64url(SHA-256(id)) stand in for it, also in
// what is read back. The host registers such a client under both names.
ClientId stored_client(const ClientId& client);

std::string session_key(const Space&, const SessionKey&);             // S
std::string expiry_key(const Space&, std::uint16_t partition);        // X
std::string queue_key(const Space&, std::uint16_t partition);         // Q
std::string records_key(const Space&, std::uint16_t partition);       // D
std::string tokens_key(const Space&, std::uint16_t partition);        // A
std::string dead_key(const Space&, std::uint16_t partition);          // DL
std::string dead_records_key(const Space&, std::uint16_t partition);  // DR
std::string counters_key(const Space&, std::uint16_t partition);      // M
std::string feed_key(const Space&, std::uint16_t partition);          // RS
std::string done_key(const Space&, std::uint16_t partition);          // W
// C: what one call of this caller has claimed.
std::string claimed_key(const Space&, std::uint16_t partition, std::string_view caller);
std::string subject_key(const Space&, const Subject&);      // U, in the subject's partition
std::string cookie_key(const Space&, const CookieDigest&);  // K, in the digest's partition
std::string code_key(const Space&, const CodeDigest&);      // G, in the digest's partition
// O: whose an application's cookie is, in the digest's partition.
std::string owner_key(const Space&, const CookieDigest&);
std::string cookies_key(const Space&, const SessionKey&);  // V, in the session's partition
std::string alias_key(const Space&, const Sid&);  // L: a client's own sid → session key, in its partition
std::string ticket_key(const Space&, std::string_view nonce);    // T, in the nonce's partition
std::string way_back_key(const Space&, std::string_view nonce);  // B, in the nonce's partition
std::string mark_key(const Space&, const Mark&);                 // R, in the partition of its value
// J: a jti under which this mark was recorded, beside the mark.
std::string jti_key(const Space&, const Mark&, std::string_view jti);
// What is written before replicas are waited for.
std::string awaited_key(std::string_view prefix, std::uint16_t partition);
// What a partition is recognised by.
std::string id_key(std::string_view prefix, std::uint16_t partition);
std::string schema_key(std::string_view prefix);   // <prefix>{meta}:cfg
std::string issuers_key(std::string_view prefix);  // <prefix>{meta}:iss

// Is one of the command's keys in that part of the store?
bool touches(const Command& command, const Space& space);

}  // namespace slo::redis
