// SPDX-License-Identifier: BSD-2-Clause
// Finds the iframe of each participant and what is known of it so far.
#include "core/op/frontchannel.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/pages/logout_frame.h"

namespace slo {
namespace {

using State = ListedApplication::State;

using ToldBy = std::unordered_map<std::string_view, Told::State>;

ToldBy states_by_client(const std::vector<Told>& told) {
  ToldBy states;
  for (const Told& one : told) states.emplace(one.client.value, one.state);
  return states;
}

State state_by_back_channel(const Participant& participant, const ToldBy& told) {
  const auto found = told.find(participant.client.value);
  if (found != told.end()) {
    switch (found->second) {
      case Told::State::delivered:
        return State::signed_out;
      case Told::State::failed:
        return State::unreachable;
      case Told::State::refused:
        return State::refused;
      case Told::State::given_up:
        return State::given_up;
      case Told::State::pending:
        return State::pending;
    }
  }
  return is_called(participant.channels) ? State::pending : State::untold;
}

// What its server has said for good, no iframe can improve.
bool may_be_helped_by_frame(State state) {
  return state != State::signed_out && state != State::refused && state != State::given_up;
}

std::string name_of(const Provider& provider, const Client* client, const ClientId& id) {
  if (client != nullptr) return client->name;
  return is_application(id) ? application_name(provider, id) : id.value;
}

ListedApplication list_application(const Provider& provider, const Session& ended,
                                   const Participant& participant, State state) {
  const ClientRef client = provider.find(participant.client);
  ListedApplication application{.name = name_of(provider, client.get(), participant.client), .state = state};
  if (client != nullptr) {
    if (auto frame = find_logout_frame(provider, *client, ended, participant)) {
      application.frame_uri = std::move(frame->uri);
      application.origins = std::move(frame->origins);
    }
  }
  if (!application.frame_uri.empty() && may_be_helped_by_frame(state)) application.state = State::contacting;
  return application;
}

}  // namespace

std::vector<ListedApplication> list_applications(const Provider& provider, const Session& ended,
                                                 const std::vector<Told>& told, bool op_lives) {
  std::vector<ListedApplication> applications;
  applications.reserve(ended.participants.size() + 1);
  if (op_lives) applications.push_back({.name = "Your sign-in itself", .state = State::given_up});
  ToldBy states = states_by_client(told);
  for (const Participant& participant : ended.participants) {
    const State state = state_by_back_channel(participant, states);
    applications.push_back(list_application(provider, ended, participant, state));
    states.erase(participant.client.value);
  }
  for (const Told& one : told) {
    if (!states.contains(one.client.value)) continue;
    const Participant unmet{.client = one.client, .channels = {.back = true}};
    applications.push_back(list_application(provider, ended, unmet, state_by_back_channel(unmet, states)));
  }
  return applications;
}

}  // namespace slo
