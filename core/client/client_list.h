// SPDX-License-Identifier: BSD-2-Clause
// All clients of a provider, found by their ids: a list is made once; another one may take its place.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/client/client.h"
#include "core/names.h"

namespace slo {

class ClientList {
 public:
  ClientList() = default;
  explicit ClientList(const std::vector<ClientRef>& clients);

  // The first id that stands twice among the clients that it was made of, of which it has the first; null:
  // none does.
  const ClientId* duplicate() const { return duplicate_.value.empty() ? nullptr : &duplicate_; }
  // Null: none is called so.
  ClientRef find(const ClientId& id) const;
  // In the order of their ids.
  const std::vector<ClientRef>& in_order() const { return in_order_; }

  // While it is being made: another name that a client of this list is found by; all addresses at which
  // browsers meet its clients, as Uri::origin() writes them; whose each redirect_uri is.
  void call(const ClientId& id, ClientId also);
  void note_origins();
  void note_redirects();
  const std::unordered_set<std::string>& origins() const { return origins_; }
  // The one that has this redirect_uri, its query left out on both sides; null: none, or several.
  ClientRef find_by_redirect(std::string_view uri) const;
  bool is_redirect(std::string_view uri) const;  // somebody's, or several have it

 private:
  std::unordered_map<ClientId, ClientRef> by_id_{};
  std::unordered_map<ClientId, ClientId> also_called_{};
  std::vector<ClientRef> in_order_{};
  std::unordered_set<std::string> origins_{};
  std::unordered_map<std::string, ClientRef> by_redirect_{};  // null: several have it
  ClientId duplicate_{};
};

using ClientListRef = std::shared_ptr<const ClientList>;

// The list that is in force. One thread may replace it while others look.
class CurrentClients {
 public:
  CurrentClients() : list_(std::make_shared<const ClientList>()) {}
  CurrentClients(const CurrentClients& other) : list_(other.list()) {}
  CurrentClients& operator=(const CurrentClients& other) {
    if (this != &other) replace(other.list());
    return *this;
  }

  // Never null. What is found in it stays, whatever replaces it.
  ClientListRef list() const { return list_.load(); }
  void replace(ClientListRef list) { list_.store(std::move(list)); }

 private:
  std::atomic<ClientListRef> list_;
};

}  // namespace slo
