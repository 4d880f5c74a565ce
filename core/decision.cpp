// SPDX-License-Identifier: BSD-2-Clause
// Concludes on a logout request from what the store found: ask, end, already over, stay.
#include <algorithm>

#include "core/end_session.h"

namespace slo {
namespace {

const Session* found_session(const std::optional<Session>& session) { return session ? &*session : nullptr; }
const Session* live_session(const std::optional<Session>& session) {
  return session && session->is_live() ? &*session : nullptr;
}

// The client takes part under the hint's own names: sub and sid are per client.
bool belongs_to(const Hint& hint, const Session& session) {
  const Participant* participant = session.find(hint.client->id);
  if (participant == nullptr || sub_of(session, *participant) != hint.sub) return false;
  return !hint.sid || sid_of(session, *participant) == hint.sid;
}

// The session that the hint proves to be this browser's or its own client's to end; null: not proven.
const Session* proven_session(const Asked& asked, const Found& found) {
  if (!asked.hint) return nullptr;
  const Session* named = found_session(asked.hint->sid ? found.by_sid : found.by_cookie);
  if (named == nullptr || !belongs_to(*asked.hint, *named)) return nullptr;
  if (found.by_cookie && found.by_cookie->key != named->key) return nullptr;
  return named;
}

// The live session that the question is about.
const Session* questionable_session(const Asked& asked, const Found& found) {
  if (const Session* session = live_session(found.by_cookie)) return session;
  if (!asked.hint) return nullptr;
  if (const Session* session = live_session(found.by_sid)) return session;
  const auto fitting = std::ranges::find_if(found.by_subject, [&](const Session& session) {
    return session.is_live() && belongs_to(*asked.hint, session);
  });
  return fitting == found.by_subject.end() ? nullptr : &*fitting;
}

// Of a session that has ended no single participation is left to end.
bool ends_one_client(const Provider& provider, const Client* client, const Session& session) {
  return provider.scope == Scope::client && client != nullptr && session.is_live() &&
         session.find(client->id) != nullptr;
}

Onward onward_of(const Asked& asked) {
  return {.uri = asked.redirect.value_or(""), .state = asked.state, .refused = asked.bad_redirect};
}

Ticket fresh_ticket(const Provider& provider, const Moment& moment, const Client* client, Onward onward) {
  Ticket ticket{.nonce = nonce(moment, 0), .expires = moment.seconds() + provider.ticket_life};
  if (client != nullptr) ticket.client = client->id;
  ticket.onward = std::move(onward);
  return ticket;
}

AskUser ask_about(const Provider& provider, const Moment& moment, const Session& session,
                  const Client* client, Onward onward) {
  AskUser question{fresh_ticket(provider, moment, client, std::move(onward))};
  question.ticket.session = session.key;
  question.ticket.one_client = ends_one_client(provider, client, session);
  return question;
}

End end_of(const SessionKey& key, bool one_client, const std::optional<ClientId>& client, Onward onward) {
  End end{.session = key, .onward = std::move(onward)};
  if (one_client) end.only_client = client;
  return end;
}

End good_once(End end) {
  end.good_once = true;
  return end;
}

Decision decide_answer(const Provider& provider, const Asked& asked, const Found& found,
                       const Moment& moment) {
  const Ticket& ticket = *asked.ticket;
  if (!ticket.answer_yes) return Stay{};

  const Session* current = found_session(found.by_cookie);
  if (!ticket.session && ticket.cookie_withheld && current != nullptr) {
    return good_once(end_of(current->key, ends_one_client(provider, asked.client, *current), ticket.client,
                            ticket.onward));
  }
  if (current != nullptr && current->is_live() && current->key != ticket.session) {
    return ask_about(provider, moment, *current, asked.client, ticket.onward);
  }
  if (!ticket.session || !found.by_key) return AlreadyOver{ticket.onward};
  if (!ticket.one_client || !found.by_key->is_live()) {
    return end_of(*ticket.session, false, ticket.client, ticket.onward);
  }
  return good_once(end_of(*ticket.session, true, ticket.client, ticket.onward));
}

// Nothing to end, as far as can be seen. Without a hint nobody vouches for the redirect but the user (RPI 3).
Decision decide_without_session(const Provider& provider, const Asked& asked, const Moment& moment) {
  const bool needs_consent = asked.redirect && !asked.hint;
  if (!needs_consent && !asked.cookie_withheld) return AlreadyOver{onward_of(asked)};
  AskUser question{fresh_ticket(provider, moment, asked.client, onward_of(asked))};
  question.ticket.cookie_withheld = asked.cookie_withheld;
  return question;
}

}  // namespace

Decision decide(const Provider& provider, const Asked& asked, const Found& found, const Moment& moment) {
  if (asked.ticket) return decide_answer(provider, asked, found, moment);

  if (const Session* proven = proven_session(asked, found)) {
    if (proven->is_live() && provider.always_confirm) {
      return ask_about(provider, moment, *proven, asked.client, onward_of(asked));
    }
    return end_of(proven->key, ends_one_client(provider, asked.client, *proven), asked.client->id,
                  onward_of(asked));
  }
  if (const Session* session = questionable_session(asked, found)) {
    return ask_about(provider, moment, *session, asked.client, onward_of(asked));
  }
  return decide_without_session(provider, asked, moment);
}

std::optional<End> repeat_of(const End& end, const std::optional<Session>& now) {
  End again = end;
  if (!now || !now->is_live()) {
    again.only_client.reset();  // all that is left of it is the whole session's tombstone
    return again;
  }
  if (end.only_client && now->find(*end.only_client) == nullptr) return again;
  return std::nullopt;
}

}  // namespace slo
