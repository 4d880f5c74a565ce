// SPDX-License-Identifier: BSD-2-Clause
// Concludes on a logout request from what the store found: ask, end, already over, stay.
#include <algorithm>

#include "core/op/end_session.h"

namespace slo {
namespace {

const Session* found_session(const std::optional<Session>& session) { return session ? &*session : nullptr; }
const Session* live_session(const std::optional<Session>& session) {
  return session && session->is_live() ? &*session : nullptr;
}

// The first session that one of the browser's cookies found and that `is_wanted`.
template <class Wanted>
const Session* session_by_cookie(const Found& found, Wanted&& is_wanted) {
  for (const auto& by_cookie : found.by_cookie) {
    if (is_wanted(by_cookie.session)) return &by_cookie.session;
  }
  return nullptr;
}
const Session* live_by_cookie(const Found& found) {
  return session_by_cookie(found, [](const Session& session) { return session.is_live(); });
}
const Session* ended_by_cookie(const Found& found) {
  return session_by_cookie(found, [](const Session& session) { return !session.is_live(); });
}
const Session* by_cookie(const Found& found, const SessionKey& key) {
  return session_by_cookie(found, [&](const Session& session) { return session.key == key; });
}
const Session* another_live_by_cookie(const Found& found, const SessionKey& than) {
  return session_by_cookie(found,
                           [&](const Session& session) { return session.is_live() && session.key != than; });
}

// Did the browser bring a cookie that the store does not know, under no spelling?
bool has_unknown_cookie(const CheckedRequest& checked, const Found& found) {
  const auto is_found = [&](const CookieDigest& digest) {
    return std::ranges::find(found.by_cookie, digest, &FoundByCookie::cookie) != found.by_cookie.end();
  };
  return checked.too_many_cookies || std::ranges::any_of(checked.cookies, [&](const auto& spellings) {
           return std::ranges::none_of(spellings, is_found);
         });
}

// The client takes part under the hint's own names: sub and sid are per client.
bool belongs_to(const Hint& hint, const Session& session) {
  const Participant* participant = session.find(hint.client->id);
  if (participant == nullptr || sub_of(session, *participant) != hint.sub) return false;
  return !hint.sid || sid_of(session, *participant) == hint.sid;
}

// The session that the hint is of.
const Session* named_session(const Hint& hint, const Found& found) {
  if (hint.sid) {
    const Session* named = found_session(found.by_sid);
    return named != nullptr && belongs_to(hint, *named) ? named : nullptr;
  }
  const auto is_its = [&](const Session& session) { return belongs_to(hint, session); };
  const Session* live =
      session_by_cookie(found, [&](const Session& session) { return session.is_live() && is_its(session); });
  return live != nullptr ? live : session_by_cookie(found, is_its);
}

// Do the browser's cookies speak for another session? Where they are not known at all, a live session that
// was registered with a cookie was registered with another one.
bool is_of_another_browser(const CheckedRequest& checked, const Found& found, const Session& named) {
  if (!found.by_cookie.empty()) return by_cookie(found, named.key) == nullptr;
  if (checked.question.cookies.empty() || !named.is_live() || !named.cookie) return false;
  const auto& sent = checked.question.cookies;
  return std::ranges::find(sent, *named.cookie) == sent.end();
}

// The session that the hint proves to be this browser's or its own client's to end; null: not proven.
const Session* proven_session(const CheckedRequest& checked, const Found& found) {
  if (!checked.hint) return nullptr;
  const Session* named = named_session(*checked.hint, found);
  return named == nullptr || is_of_another_browser(checked, found, *named) ? nullptr : named;
}

// Who signs its hints with its own secret can write any sid into them: such a hint only speaks for sessions
// that its client takes part in.
bool may_name(const Provider& provider, const Hint& hint, const Session& session) {
  return !jose::is_symmetric(provider.algorithm_of(*hint.client)) || belongs_to(hint, session);
}

// The live session that the question is about.
const Session* questionable_session(const Provider& provider, const CheckedRequest& checked,
                                    const Found& found) {
  if (const Session* session = live_by_cookie(found)) return session;
  if (!checked.hint) return nullptr;
  const Session* named = live_session(found.by_sid);
  if (named != nullptr && may_name(provider, *checked.hint, *named)) return named;
  const auto fitting = std::ranges::find_if(found.by_subject, [&](const Session& session) {
    return session.is_live() && belongs_to(*checked.hint, session);
  });
  return fitting == found.by_subject.end() ? nullptr : &*fitting;
}

// Of a session that has ended no single participation is left to end.
bool ends_one_client(const Provider& provider, const ClientRef& client, const Session& session) {
  return provider.scope == Scope::client && client != nullptr && session.is_live() &&
         session.find(client->id) != nullptr;
}

PostLogout post_logout_of(const CheckedRequest& checked) {
  return {.uri = checked.redirect.value_or(""), .state = checked.state, .refused = checked.bad_redirect};
}

Ticket fresh_ticket(const Provider& provider, const Moment& moment, const ClientRef& client,
                    PostLogout post_logout) {
  Ticket ticket{.nonce = nonce(moment, 0), .expires = moment.seconds() + provider.ticket_life};
  if (client != nullptr) ticket.client = client->id;
  ticket.post_logout = std::move(post_logout);
  return ticket;
}

AskUser ask_about(const Provider& provider, const Moment& moment, const Session& session,
                  const ClientRef& client, PostLogout post_logout) {
  AskUser question{fresh_ticket(provider, moment, client, std::move(post_logout))};
  question.ticket.session = session.key;
  question.ticket.one_client = ends_one_client(provider, client, session);
  return question;
}

Claim claim_of_end(const Found& found, const SessionKey& key) {
  return another_live_by_cookie(found, key) != nullptr ? Claim::another_lives : Claim::ended;
}

End end_of(const Found& found, const SessionKey& key, PostLogout post_logout) {
  return {.session = key, .post_logout = std::move(post_logout), .claim = claim_of_end(found, key)};
}

End good_once(End end) {
  end.good_once = true;
  return end;
}

// After a yes to a question that saw no session.
Decision decide_unseen(const Provider& provider, const CheckedRequest& checked, const Found& found) {
  const Ticket& ticket = *checked.ticket;
  const Session* live = live_by_cookie(found);
  if (const Session* session = live != nullptr ? live : ended_by_cookie(found)) {
    End end = end_of(found, session->key, ticket.post_logout);
    if (ends_one_client(provider, checked.client, *session)) end.only_client = ticket.client;
    return session->is_live() ? good_once(std::move(end)) : std::move(end);
  }
  if (has_unknown_cookie(checked, found)) return AlreadyOver{ticket.post_logout, Claim::forgotten, true};
  return AlreadyOver{ticket.post_logout, Claim::not_signed_in, false};
}

Decision decide_answer(const Provider& provider, const CheckedRequest& checked, const Found& found,
                       const Moment& moment) {
  const Ticket& ticket = *checked.ticket;
  if (!ticket.answer_yes) return Stay{};
  const Session* live = live_by_cookie(found);
  if (!ticket.session) {
    const bool saw_none = !ticket.cookie_withheld;
    if (saw_none && live != nullptr)
      return ask_about(provider, moment, *live, checked.client, ticket.post_logout);
    return decide_unseen(provider, checked, found);
  }
  const Session* same = by_cookie(found, *ticket.session);
  if (live != nullptr && (same == nullptr || !same->is_live())) {
    return ask_about(provider, moment, *live, checked.client, ticket.post_logout);
  }
  if (!found.by_key) return AlreadyOver{ticket.post_logout, Claim::forgotten, true};
  End end = end_of(found, *ticket.session, ticket.post_logout);
  if (!ticket.one_client || !found.by_key->is_live()) return end;
  end.only_client = ticket.client;
  return good_once(std::move(end));
}

// A yes that came too late: the same question again, if there is still something to ask.
Decision decide_late_answer(const Provider& provider, const CheckedRequest& checked, const Found& found,
                            const Moment& moment) {
  if (!checked.ticket->answer_yes) return Stay{};
  const PostLogout& post_logout = checked.ticket->post_logout;
  const Session* live = live_by_cookie(found);
  if (live == nullptr) live = live_session(found.by_key);
  if (live == nullptr && found.by_key) return end_of(found, found.by_key->key, post_logout);
  AskUser question{fresh_ticket(provider, moment, checked.client, post_logout)};
  if (live != nullptr) question = ask_about(provider, moment, *live, checked.client, post_logout);
  question.ticket.unknown_cookie = live == nullptr && has_unknown_cookie(checked, found);
  question.ticket.again = checked.ticket->again;
  return question;
}

// Nothing to end, as far as can be seen. Without a hint nobody vouches for the redirect but the user (RPI 3).
Decision decide_without_session(const Provider& provider, const CheckedRequest& checked, const Found& found,
                                const Moment& moment) {
  const bool is_unknown = has_unknown_cookie(checked, found);
  const bool needs_consent = checked.redirect && !checked.hint;
  if (needs_consent || checked.cookie_withheld || (is_unknown && !checked.redirect)) {
    AskUser question{fresh_ticket(provider, moment, checked.client, post_logout_of(checked))};
    question.ticket.cookie_withheld = checked.cookie_withheld;
    question.ticket.unknown_cookie = is_unknown;
    return question;
  }
  const Session* ended = ended_by_cookie(found);
  if (is_unknown) return AlreadyOver{post_logout_of(checked), Claim::unknown, false};
  if (ended != nullptr && !checked.hint && !checked.dropped_hint)
    return end_of(found, ended->key, post_logout_of(checked));
  const bool knows_nothing = !checked.hint && !checked.dropped_hint && !provider.session_cookies.empty();
  return AlreadyOver{post_logout_of(checked), knows_nothing ? Claim::not_signed_in : Claim::unknown,
                     ended != nullptr};
}

// A session that the hint proves: ended now, or shown once more. A cookie that is not known may be of a
// login since.
Decision decide_proven(const Provider& provider, const CheckedRequest& checked, const Found& found,
                       const Session& proven, const Moment& moment) {
  if (proven.is_live() && (provider.always_confirm || checked.is_embedded)) {
    return ask_about(provider, moment, proven, checked.client, post_logout_of(checked));
  }
  End end = end_of(found, proven.key, post_logout_of(checked));
  if (ends_one_client(provider, checked.client, proven)) end.only_client = checked.client->id;
  const bool is_doubtful = !proven.is_live() && has_unknown_cookie(checked, found);
  if (is_doubtful && !checked.redirect) {
    AskUser question = ask_about(provider, moment, proven, checked.client, post_logout_of(checked));
    question.ticket.unknown_cookie = true;
    return question;
  }
  if (is_doubtful) end.claim = Claim::unknown;
  return end;
}

}  // namespace

Decision decide(const Provider& provider, const CheckedRequest& checked, const Found& found,
                const Moment& moment) {
  if (checked.ticket && checked.ticket->again) return decide_late_answer(provider, checked, found, moment);
  if (checked.ticket) return decide_answer(provider, checked, found, moment);
  if (const Session* proven = proven_session(checked, found)) {
    return decide_proven(provider, checked, found, *proven, moment);
  }
  if (const Session* session = questionable_session(provider, checked, found)) {
    return ask_about(provider, moment, *session, checked.client, post_logout_of(checked));
  }
  return decide_without_session(provider, checked, found, moment);
}

Again decide_again(const Provider& provider, const CheckedRequest& checked, const End& end,
                   const std::optional<Session>& now, const Moment& moment) {
  End repeat = end;
  if (!now || !now->is_live()) {
    repeat.only_client.reset();  // all that is left of it is the whole session's tombstone
    return repeat;
  }
  if (end.only_client && now->find(*end.only_client) == nullptr) return repeat;
  AskUser question = ask_about(provider, moment, *now, checked.client, end.post_logout);
  question.ticket.again = Fault::ticket_used;
  return question;
}

}  // namespace slo
