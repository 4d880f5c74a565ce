// SPDX-License-Identifier: BSD-2-Clause
// The clients of a provider's sources as one list, at `nginx -t` and whenever a source has changed.
#pragma once

#include <cstddef>
#include <vector>

#include "core/client/client_list.h"
#include "core/outcome.h"
#include "ngx_module/config/conf.h"

namespace slo::ngx {

inline constexpr std::size_t max_clients_mib = 128;

ClientRules rules_of_clients(const Provider& provider);

// The clients of each source, in their order.
using ClientParts = std::vector<const std::vector<ClientRef>*>;
ClientParts parts_of(const ProviderConf& conf);

// All of them as one list. Refused, in words that follow the provider's name: an id that stands twice, logout
// tokens that cannot leave. Any thread may ask.
Outcome<ClientListRef> list_of_clients(const ProviderConf& conf, const ClientParts& parts);

}  // namespace slo::ngx
