// SPDX-License-Identifier: BSD-2-Clause
// All clients of a provider, found by their ids.
#include "core/client/client_list.h"

#include <algorithm>
#include <utility>

#include "core/text/uri.h"

namespace slo {

ClientList::ClientList(const std::vector<ClientRef>& clients) {
  by_id_.reserve(clients.size());
  in_order_.reserve(clients.size());
  for (const ClientRef& client : clients) {
    if (by_id_.emplace(client->id, client).second) {
      in_order_.push_back(client);
    } else if (duplicate_.value.empty()) {
      duplicate_ = client->id;
    }
  }
  std::ranges::sort(in_order_, {}, [](const ClientRef& client) -> const ClientId& { return client->id; });
}

ClientRef ClientList::find(const ClientId& id) const {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    const auto also = also_called_.find(id);
    if (also != also_called_.end()) found = by_id_.find(also->second);
  }
  return found == by_id_.end() ? nullptr : found->second;
}

void ClientList::call(const ClientId& id, ClientId also) { also_called_.emplace(std::move(also), id); }

void ClientList::note_origins() {
  const auto note = [this](const std::string& address) {
    const auto uri = read_uri(address);
    if (uri && uri->is_http()) origins_.insert(uri->origin());
  };
  for (const ClientRef& client : in_order_) {
    std::ranges::for_each(client->redirect_uris, note);
    std::ranges::for_each(client->post_logout_redirect_uris, note);
    note(client->frontchannel_logout_uri);
  }
}

void ClientList::note_redirects() {
  for (const ClientRef& client : in_order_) {
    for (const std::string& uri : client->redirect_uris) {
      const auto [found, is_new] = by_redirect_.try_emplace(uri.substr(0, uri.find('?')), client);
      if (!is_new && found->second != client) found->second = nullptr;
    }
  }
}

bool ClientList::is_redirect(std::string_view uri) const { return by_redirect_.contains(std::string(uri)); }

ClientRef ClientList::find_by_redirect(std::string_view uri) const {
  const auto found = by_redirect_.find(std::string(uri));
  return found == by_redirect_.end() ? nullptr : found->second;
}

}  // namespace slo
