// SPDX-License-Identifier: BSD-2-Clause
// The clients of a provider's sources as one list.
#include "ngx_module/config/client_lists.h"

#include <algorithm>
#include <memory>
#include <string>

#include "redis_schema/key.h"

namespace slo::ngx {
namespace {

bool has_back_channel(const ClientList& list) {
  return std::ranges::any_of(list.in_order(),
                             [](const ClientRef& client) { return client->channels().back; });
}

// What the store calls clients of very long ids.
void give_short_names(ClientList& list) {
  for (const ClientRef& client : list.in_order()) {
    if (const ClientId stored = redis::stored_client(client->id); stored != client->id)
      list.call(client->id, stored);
  }
}

}  // namespace

ClientRules rules_of_clients(const Provider& provider) {
  return {.allow_http = provider.egress.allow_http, .is_https = provider.is_https()};
}

ClientParts parts_of(const ProviderConf& conf) {
  ClientParts parts;
  for (const ClientSource& source : conf.client_sources) parts.push_back(&source.clients);
  return parts;
}

Outcome<ClientListRef> list_of_clients(const ProviderConf& conf, const ClientParts& parts) {
  std::vector<ClientRef> all;
  for (const auto* clients : parts) all.insert(all.end(), clients->begin(), clients->end());
  const auto list = std::make_shared<ClientList>(all);
  if (const ClientId* twice = list->duplicate())
    return refuse(Fault::configuration_invalid, " has two clients \"" + twice->value + '"');
  give_short_names(*list);
  if (conf.needs_client_origins) list->note_origins();
  if (conf.needs_client_redirects) list->note_redirects();
  if (conf.delivery_location == nullptr && has_back_channel(*list)) {
    return refuse(Fault::configuration_invalid,
                  " has clients with a backchannel_logout_uri, but there is no internal location with "
                  "\"slo_deliver\": include snippets/slo-deliver.conf in a server");
  }
  return ClientListRef(list);
}

}  // namespace slo::ngx
