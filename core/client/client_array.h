// SPDX-License-Identifier: BSD-2-Clause
// Reads a JSON array of clients: its clients, what is doubtful, and whether it has secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/client/client.h"
#include "core/outcome.h"

namespace slo {

struct ClientArray {
  std::vector<ClientRef> clients{};   // each id once
  std::vector<std::string> doubts{};  // sentences, as ClientDoubts makes them, with "line:column: " in front;
                                      // twenty, and how many more there are
  bool has_secrets = false;           // of clients that sign with another key as well
};

// The first that is wrong refuses all; the detail opens with "line:column: ".
Outcome<ClientArray> read_clients(std::string_view text, const ClientRules& rules);

}  // namespace slo
