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
  using ConfLine = std::optional<std::string>;
  ConfLine operator()(const api::Register& command) const {
    return "POST session" + session_named(command.registration.key) +
           client_named(command.registration.client);
  }
  ConfLine operator()(const api::EndSession& command) const {
    return "DELETE session" + session_named(command.key);
  }
  ConfLine operator()(const api::EndParticipation& command) const {
    return "DELETE participation" + session_named(command.key) + client_named(command.client);
  }
  ConfLine operator()(const api::EndSessionsOf& command) const {
    return "DELETE sessions of a user, subject #" + fingerprint(command.sub.value);
  }
  ConfLine operator()(const api::RetryDelivery& command) const {
    return "POST delivery retry, delivery #" + fingerprint(command.id);
  }
  ConfLine operator()(const api::RetryDeliveriesOf& command) const {
    return "POST retry of dead letters" + client_named(command.client);
  }
  ConfLine operator()(const api::DropDelivery& command) const {
    return "DELETE delivery, delivery #" + fingerprint(command.id);
  }
  template <class Read>
  ConfLine operator()(const Read&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<std::string> audit_line(const ApiCommand& command) { return std::visit(Audit{}, command); }

}  // namespace slo
