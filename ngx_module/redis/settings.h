// SPDX-License-Identifier: BSD-2-Clause
// What slo_store says, as it was written and as the link takes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/schema.h"
#include "redis_schema/servers/peer.h"
#include "redis_schema/servers/replicas.h"

namespace slo::ngx {

// redis://[user[:password]@]host[:port][/db] · rediss://… · unix:/path[:db] ·
// redis-sentinel://[user[:password]@]host[:port][,host[:port]]…/master[/db] · rediss-sentinel://… ·
// redis-cluster://[user[:password]@]host[:port][,host[:port]]… · rediss-cluster://…
struct StoreOptions {
  std::string url{};
  std::string user{};
  std::string password_file{};
  std::string ca{}, certificate{}, key{};
  Millis timeout{1000};
  std::optional<redis::ReplicaWait> wait{};
  std::string prefix = "slo";
  std::string sentinel_user{};
  std::string sentinel_password_file{};
  std::string sentinel_tls{};  // "on", "off"; empty: as the scheme says
  std::string sentinel_ca{}, sentinel_certificate{}, sentinel_key{};
};

// A server of several, as the configuration names it.
struct NamedServer {
  redis::Peer peer{};
  std::vector<ngx_addr_t> addresses{};  // resolved at configuration time, in the cycle's pool
};

// Who says where the master is.
struct SentinelSettings {
  std::string master{};
  std::vector<NamedServer> places{};
  bool tls = false;
  ngx_ssl_t* ssl = nullptr;
  std::string user{};
  std::string password{};
};

// Where and how to connect, made from slo_store at configuration time; all strings owned.
struct LinkSettings {
  std::string url{};                    // for messages, without credentials
  std::vector<ngx_addr_t> addresses{};  // resolved at configuration time, in the cycle's pool; tried in turn
  std::string host{};                   // what may be looked up again; empty: an address or a path
  in_port_t port = 0;
  ngx_resolver_t* resolver = nullptr;  // who is asked then; null: nobody
  bool tls = false;
  std::string tls_name{};    // verified (DNS name or IP) and sent as SNI
  ngx_ssl_t* ssl = nullptr;  // the context, in the cycle's pool
  std::string user{};
  std::string password{};
  unsigned database = 0;
  Millis timeout{1000};        // connecting, and each command
  Millis start_spread{100};    // all workers of all hosts start at once
  Millis longest_pause{2000};  // between calls that fail
  bool sends_again = true;     // what was sent, and not answered when the connection broke
  bool sends_scripts = true;   // those that Redis does not know, behind all that was said meanwhile
  bool is_told_of = true;      // by the log: that it can be reached, or not
  bool is_watched = true;      // its health, by one worker
  std::optional<redis::ReplicaWait> wait{};  // who must confirm what somebody is told to have ended
  std::string prefix = "slo";
  std::vector<redis::Tenant> tenants{};        // whose data lies there, by their tags
  std::optional<SentinelSettings> sentinel{};  // then there is neither host nor address: they are asked for
  std::vector<NamedServer> cluster{};          // some of its nodes; then there is neither host nor address
  std::optional<NamedServer> node{};  // of a cluster, which alone this link goes to: it knows no schema
};

}  // namespace slo::ngx
