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

// All clients of all sources, but of the source `renewed`, where there is one, these `clients` instead.
// Refused, in words that follow the provider's name: an id that stands twice, logout tokens that cannot
// leave. Any thread may ask.
Outcome<ClientListRef> list_of_clients(const ProviderConf& conf, std::size_t renewed,
                                       const std::vector<ClientRef>& clients);
inline Outcome<ClientListRef> list_of_clients(const ProviderConf& conf) {
  return list_of_clients(conf, conf.client_sources.size(), {});
}

}  // namespace slo::ngx
