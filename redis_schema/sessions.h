// SPDX-License-Identifier: BSD-2-Clause
// Remembers, finds and ends sessions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/session.h"
#include "redis_schema/bundle.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// Step one of a look-up, one round trip: everything that `question` names directly. Usually complete.
// Sessions come with the participation of `about` alone, whose cost does not grow with the number of clients.
struct Located {
  Found found{};
  // What is still to be loaded, by where it was found.
  struct Cookie {
    CookieDigest digest{};
    SessionKey key{};
    friend bool operator==(const Cookie&, const Cookie&) = default;
  };
  std::vector<Cookie> cookies{};    // those that point to a session
  std::optional<SessionKey> sid{};  // found through an alias
  std::vector<SessionKey> subject{};
  std::optional<ClientId> about{};
  bool is_complete() const { return cookies.empty() && !sid && subject.empty(); }
};
Exchange<Located> locate(const Space&, const SessionQuestion& question, const std::optional<ClientId>& about);
// Step two, one round trip: loads what step one only learnt the key of.
Exchange<Found> load(const Space&, const Located& located);

Exchange<std::optional<Session>> find_session(const Space&, const SessionKey& key);
// For a registration of an OP without sids: the session that this cookie belongs to.
Exchange<std::optional<SessionKey>> session_of_cookie(const Space&, const CookieDigest& digest);

// A cookie, or a client's own sid, that points to another session than the one just registered.
struct Rival {
  bool is_cookie = false;
  SessionKey session{};
  friend bool operator==(const Rival&, const Rival&) = default;
};
struct RegisterAnswer {
  Registered registered{};
  TimeS created{};              // the session
  std::vector<Rival> rivals{};  // none where the session is over
  friend bool operator==(const RegisterAnswer& answer, Registered said) { return answer.registered == said; }
};

// Index first (subjects; cookie and alias if they are free), then the atomic registration. Pointers of other
// sessions stay where they are: who registers a live session goes on with yielding() and take_pointers().
// REQUIRES: registration.key is not empty.
// A login that raced the logout gives too_late (its own logout is enqueued) or too_late_known.
// session_full beyond max_participants. `caller`: a random name of this one call, which is answered as the
// first time should it be repeated. `retention`: as in EndTerms, for who comes too late.
inline constexpr unsigned max_participants = 1000;
Exchange<RegisterAnswer> register_participation(const Space&, const Registration& registration,
                                                const std::string& caller = {},
                                                Seconds retention = feed_retention);
// Those rivals that are gone, ended or older than the session: the newest live one is pointed to.
Exchange<std::vector<Rival>> yielding(const Space&, const RegisterAnswer& answer);
// Takes their pointers, unless they point to somebody else again.
Exchange<bool> take_pointers(const Space&, const Registration& registration, const std::vector<Rival>& from);

// Some of a session's participants, live or ended, in no order. A participant may come twice.
struct ParticipantPage {
  std::vector<Participant> participants{};
  std::string next{};  // where the others begin; empty: there are none
};
inline constexpr unsigned participants_at_once = 256;  // about: what a server looks up in a moment
Exchange<ParticipantPage> participants_of(const Space&, const SessionKey& key, const std::string& from = "0");

// Does this client take part in the session, which lives? Cheap: what was registered lately is asked for
// again. Where the session is over, a registration knows whether the client is owed another logout.
Exchange<bool> takes_part(const Space&, const SessionKey& key, const ClientId& client);

struct EndTerms {
  std::string_view reason{};  // rp, admin, expired, op
  bool only_if_due = false;   // expiry: a session that was touched since answers `later`
  bool are_told = false;      // its clients, by others: applications alone are owed it. REQUIRES: no lease
  Seconds tombstone{};
  Seconds retention{feed_retention};  // the feed names it for so long, its tombstone's or its life
  Millis lease{};  // the deliveries are handed out already leased for so long; 0: just queued
  // A random name of this call: the logout id, which the records of its deliveries carry. Should the exchange
  // be repeated because its answer was lost, it is answered as the first time, and the deliveries still find
  // who sends them.
  std::string caller{};
};
// Sessions of more clients than this are ended at once, but come without them and with a bundle instead:
// participants_of() gives them.
inline constexpr unsigned max_unbundled = 32;
struct Ended {
  Ending ending{};
  Owed owed{};            // enqueued by this call, under token 1; nothing where there is no lease
  bool in_front = false;  // some client in the bundle is told through the browser
};
// nullopt: there is no such session; or it is not due yet.
Exchange<std::optional<Ended>> end_session(const Space&, const SessionKey& key, const EndTerms& terms);
// Ends one participation; the session lives on, and is given back with this participant alone. nullopt: no
// such live session or participation.
Exchange<std::optional<Ended>> end_participation(const Space&, const SessionKey& key, const ClientId& client,
                                                 const EndTerms& terms);

// The keys of a subject's sessions, newest expiry first, from `offset`; some may be stale.
Exchange<std::vector<SessionKey>> sessions_of(const Space&, const Subject& sub, unsigned offset,
                                              unsigned limit);
Exchange<std::vector<std::optional<Session>>> load_sessions(const Space&,
                                                            const std::vector<SessionKey>& keys);

// Keys of sessions that are due in `partition`, each leased for `lease`; end them with only_if_due.
Exchange<std::vector<SessionKey>> claim_due(const Space&, std::uint16_t partition, unsigned limit,
                                            Seconds lease, const std::string& caller = {});

// Marks a confirmation ticket as used: true if it had not been, or by this `caller` (a logout id), who may
// ask again because the answer was lost. Works on a full store.
Exchange<bool> redeem(const Space&, std::string_view nonce, Seconds life, const std::string& caller);

}  // namespace slo::redis
