// SPDX-License-Identifier: BSD-2-Clause
// Typed configurations, made at `nginx -t`, immutable afterwards.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/provider/provider.h"
#include "ngx_module/nginx/file_bytes.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/key.h"

namespace slo::ngx {

// The internal location that carries outgoing calls (slo_deliver); or an application's own server, where a
// call is made like a request of somebody's (slo_app_logout with a path).
struct DeliveryLocation {
  ngx_http_conf_ctx_t* ctx = nullptr;            // of its server
  ngx_str_t uri{};                               // exact path
  ngx_http_core_loc_conf_t* location = nullptr;  // of an own server: where no location matches
  std::string place{};                           // of its directive, `file:line`, for messages
  ngx_http_handler_pt rewrite = nullptr;         // obeys the location's own set, if and return

  bool is_own_server = false;  // nginx finds the location by the call's path
  bool is_tls = false;         // … which its users reach by https
  // Handlers of nginx's own modules (builtin_handlers.h).
  std::vector<ngx_http_handler_pt> try_files{}, caching{};
};

// Some of a provider's clients, by where they come from.
struct ClientSource {
  std::string name{};                // as `clients` has it; empty: the `client` blocks
  std::string file{};                // its full name; empty: a URL, or blocks
  Millis check{};                    // how often it is looked at while nginx runs; 0: never
  FileFacts facts{};                 // of the file when it was read
  std::vector<ClientRef> clients{};  // as they were read; of a URL none

  bool is_url() const { return !name.empty() && file.empty(); }
};

struct ProviderConf {
  Provider provider{};
  redis::Space space{};
  const DeliveryLocation* delivery_location =
      nullptr;  // null: no slo_deliver anywhere (refused if a client has a back channel)
  std::map<ClientId, DeliveryLocation> application_servers{};  // of its applications with a path
  // What provider.fetched_keys points to, a worker's own: key_fetcher.h keeps it current. Null: nothing is
  // fetched.
  jose::KeySet* fetched_keys = nullptr;
  std::vector<ClientSource> client_sources{};
  bool needs_client_origins = false;
  bool needs_client_redirects = false;
  // Itself, where a source of clients is looked at again, by each worker for itself: provider.clients and the
  // clients of that source change then. Null: they stay.
  ProviderConf* renewed = nullptr;
  // Sign what is slow or much, and decrypt hints; null: nothing is slow, or `threads=off`.
  ngx_thread_pool_s* threads = nullptr;
  std::string thread_pool{"default"};             // its name; empty: off
  std::size_t index = 0;                          // place in MainConf::providers
  std::string place{};                            // where its block begins, `file:line`, for messages
  std::vector<std::string> signing_key_places{};  // … and each of its signing keys
  std::set<std::string> written{};                // its directives of one value that have been read

  // Does anything leave from here?
  bool delivers() const { return delivery_location != nullptr || !application_servers.empty(); }
};

struct StoreConf {
  LinkSettings link{};
  std::string cookie_secret{};
  ngx_shm_zone_t* zone = nullptr;  // this host's shared memory: counters and notes (zone.h)
  std::size_t marks_size = 16 * 1024 * 1024;
  ngx_shm_zone_t* marks_zone = nullptr;  // what has ended, for guards; null: there are none
};

// A provider named by a directive before it may have been defined; resolved when the whole configuration is
// read.
struct ProviderReference {
  std::string name{};
  std::string directive{};
  std::string file{};
  ngx_uint_t line = 0;
  const ProviderConf** target = nullptr;
};

// A location that answers something for a provider, and its server.
struct ProviderPlace {
  const ProviderConf* const* provider = nullptr;
  ngx_http_conf_ctx_t* ctx = nullptr;
  const ngx_http_core_loc_conf_t* location = nullptr;
};

// A location that one of our content handlers answers.
struct ContentPlace {
  ngx_http_core_loc_conf_t* location = nullptr;
  ngx_http_conf_ctx_t* server = nullptr;
  ngx_http_handler_pt handler = nullptr;
  std::string directive{};
  std::string place{};
  bool writes = false;  // slo_api write=on
};

// Clients as they stand in a file or a block, kept until the rules of their slo_provider are known.
struct ClientText {
  std::string place{};                          // `file:line`
  ClientSource source{};                        // of `clients`
  std::string text{};                           // … where it is a file
  Json metadata{};                              // of `client`
  std::map<std::string, std::string> places{};  // of its members
};

// What a role looks at when the providers that its directives name are known. It logs what it refuses.
using Check = std::function<ngx_int_t(ngx_conf_t* cf)>;

struct MainConf {
  std::optional<StoreConf> store{};
  std::deque<ProviderConf> providers{};  // addresses stay
  std::deque<DeliveryLocation> delivery_locations{};
  // Of slo_end_session: their server's own delivery location is preferred for that provider's deliveries.
  std::deque<ProviderPlace> end_session_places{};
  std::deque<ProviderPlace> jwks_places{};  // of slo_jwks
  std::deque<ProviderReference> references{};
  std::deque<Check> checks{};
  std::deque<ContentPlace> content_places{};
  std::deque<ClientText> client_texts{};  // of the slo_provider block that is being read
  bool needs_marks = false;               // some location guards, or receives logouts
  ProviderConf* opened = nullptr;         // while its slo_provider block is being read

  ProviderConf* find(std::string_view name) {
    for (auto& conf : providers) {
      if (conf.provider.name == name) return &conf;
    }
    return nullptr;
  }
};

// What of a request for a location no log may show.
enum class Hides : std::uint8_t { nothing, query, path };

// What is known of a location that one of our roles answers, whichever it is. The rest is the role's own.
struct LocConf {
  ngx_http_handler_pt handler = nullptr;   // which of ours answers here
  const ProviderConf* provider = nullptr;  // that its directive names
  Hides hides = Hides::nothing;
};

MainConf& main_conf(ngx_conf_t* cf) noexcept;
const MainConf& main_conf(const ngx_http_request_t& r) noexcept;
const MainConf* main_conf(const ngx_cycle_t* cycle) noexcept;  // null: there is no http block
LocConf& loc_conf(ngx_conf_t* cf) noexcept;
const LocConf& loc_conf(const ngx_http_request_t& r) noexcept;

// Is `here` an `if` or a `limit_except`? To nginx it is a location of its own, but to its author the one
// around it.
bool is_part_of_location(ngx_conf_t* cf) noexcept;
void merge_loc_conf(ngx_conf_t* cf, const LocConf& around, LocConf& here);

}  // namespace slo::ngx
