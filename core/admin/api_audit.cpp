// SPDX-License-Identifier: BSD-2-Clause
// What the log says of a management command that changes something: who did what to whom, no sid or subject.
#include <algorithm>

#include "core/admin/api.h"

namespace slo {
namespace {

// A path may hold any bytes: one line stays one line.
std::string client_named(const ClientId& client) {
  std::string name = client.value.substr(0, 300);
  std::ranges::replace_if(
      name, [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return ", client \"" + name + '"';
}
std::string session_named(const SessionKey& key) {
  return key.value.empty() ? std::string() : ", session #" + fingerprint(key.value);
}

struct Audit {
  using Line = std::optional<std::string>;
  Line operator()(const api::Register& command) const {
    return "POST session" + session_named(command.registration.key) +
           client_named(command.registration.client);
  }
  Line operator()(const api::EndSession& command) const {
    return "DELETE session" + session_named(command.key);
  }
  Line operator()(const api::EndParticipation& command) const {
    return "DELETE participation" + session_named(command.key) + client_named(command.client);
  }
  Line operator()(const api::EndSessionsOf& command) const {
    return "DELETE sessions of a user, subject #" + fingerprint(command.sub.value);
  }
  Line operator()(const api::RetryDelivery& command) const {
    return "POST delivery retry, delivery #" + fingerprint(command.id);
  }
  Line operator()(const api::RetryDeliveriesOf& command) const {
    return "POST retry of dead letters" + client_named(command.client);
  }
  Line operator()(const api::DropDelivery& command) const {
    return "DELETE delivery, delivery #" + fingerprint(command.id);
  }
  // What only reads, each by its name: a new command says here whether it writes.
  Line operator()(const api::ShowSession&) const { return std::nullopt; }
  Line operator()(const api::ListSessions&) const { return std::nullopt; }
  Line operator()(const api::ListDeliveries&) const { return std::nullopt; }
  Line operator()(const api::ListClients&) const { return std::nullopt; }
  Line operator()(const api::ShowClient&) const { return std::nullopt; }
};

}  // namespace

std::optional<std::string> audit_line(const ApiCommand& command) { return std::visit(Audit{}, command); }

}  // namespace slo
