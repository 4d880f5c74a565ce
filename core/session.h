// SPDX-License-Identifier: BSD-2-Clause
// An SSO session and the clients that take part in it, as the store gives them back.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/moment.h"
#include "core/names.h"
#include "core/text/base64url.h"

namespace slo {

// How a participant is told; stored as the low four bits of its field.
struct Channels {
  bool back = false;    // bit 0: back-channel logout token
  bool front = false;   // bit 1: iframe
  bool legacy = false;  // bit 2: the application's own logout URL
  bool saml = false;    // bit 3: reserved for SAML participations
  friend bool operator==(const Channels&, const Channels&) = default;
};

// Is a call of its own owed to who is told so, when the session ends?
inline bool is_called(const Channels& channels) noexcept { return channels.back || channels.legacy; }

// Where `sub` or `sid` differ from the session's own, the participant carries them; `no_sid` says that this
// client's ID Token had none, so that neither its logout token nor its iframe may have one.
struct Participant {
  ClientId client{};
  Seconds joined{};  // after the session's creation
  // Which joining of this session it is: it never comes again, whoever leaves and comes back. 0: unknown.
  std::uint64_t number{};
  bool late = false;      // it came after the session's end
  std::uint64_t again{};  // the number of its last login after that end; 0: none
  Channels channels{};
  std::optional<Subject> sub{};
  std::optional<Sid> sid{};
  bool no_sid = false;
  friend bool operator==(const Participant&, const Participant&) = default;
};

// The same order on every page: by the time they joined, then by name.
inline void order_by_joining(std::vector<Participant>& participants) {
  std::ranges::sort(participants, [](const Participant& a, const Participant& b) {
    return std::tie(a.joined, a.client) < std::tie(b.joined, b.client);
  });
}

struct Session {
  SessionKey key{};
  Subject sub{};
  TimeS created{};
  Seconds absolute{};   // life time after creation
  Seconds idle{};       // 0: no idle limit
  Seconds last_seen{};  // after creation
  std::optional<CookieDigest> cookie{};
  std::optional<Seconds> ended{};  // after creation; set: only the tombstone is left
  std::string reason{};            // why it ended: rp, admin, expired, op
  std::string logout_id{};         // which logout ended it, as in $slo_logout_id; empty: nobody knows
  std::vector<Participant> participants{};
  friend bool operator==(const Session&, const Session&) = default;

  bool is_live() const { return !ended.has_value(); }
  const Participant* find(const ClientId& client) const {
    for (const auto& participant : participants) {
      if (participant.client == client) return &participant;
    }
    return nullptr;
  }
};

// May a session live this long, in all or unused? 1 second to 400 days: longer than any browser keeps a
// cookie.
inline bool is_session_life(Seconds life) { return life >= Seconds{1} && life <= Seconds{400LL * 24 * 3600}; }

// The key of a session whose OP issues no sid: `~` and the cookie's digest, so that no two hosts mint
// differently.
inline SessionKey mint_key(const CookieDigest& digest) { return {"~" + base64url(digest.value)}; }

// Was the key minted?
inline bool is_minted(const SessionKey& key) { return key.value.starts_with('~') && key.value.size() == 23; }

// The sid and sub that `participant` knows this session by; sid is empty where its ID Token had none.
inline std::optional<Sid> sid_of(const Session& session, const Participant& participant) {
  if (participant.sid) return participant.sid;
  if (participant.no_sid || is_minted(session.key)) return std::nullopt;
  return Sid{session.key.value};
}
inline const Subject& sub_of(const Session& session, const Participant& participant) {
  return participant.sub ? *participant.sub : session.sub;
}

// What a room must know from the store to decide on a logout. All members optional; none set: nothing to look
// up.
struct SessionQuestion {
  std::vector<CookieDigest> cookies{};  // of all session cookies that the browser sent
  std::optional<Sid> sid{};             // found as a session key or as a client's own sid
  std::optional<Subject> subject{};     // the subject's newest sessions
  std::optional<SessionKey> key{};      // exactly this session (a ticket's)
  friend bool operator==(const SessionQuestion&, const SessionQuestion&) = default;
};

struct FoundByCookie {
  CookieDigest cookie{};
  Session session{};
  friend bool operator==(const FoundByCookie&, const FoundByCookie&) = default;
};

struct Found {
  std::vector<FoundByCookie> by_cookie{};  // in the order of the question; unknown cookies are missing
  std::optional<Session> by_sid{};
  std::optional<Session> by_key{};
  std::vector<Session> by_subject{};  // newest first, live ones only, at most 16
  friend bool operator==(const Found&, const Found&) = default;
};

// What one login teaches about a session: `client` took part in it.
struct Registration {
  SessionKey
      key{};  // empty: the OP issues no sid; the store finds it by cookie, or mints one from the cookie
  ClientId client{};
  Channels channels{};
  Subject sub{};
  std::optional<CookieDigest> cookie{};
  std::optional<Subject> client_sub{};  // set only where it differs from `sub`
  std::optional<Sid> client_sid{};      // set only where it differs from `key`
  bool client_no_sid = false;
  bool is_renewal = false;  // no login: tokens of one are renewed, which wakes no logout that was told
  Seconds absolute{};
  Seconds idle{};
  friend bool operator==(const Registration&, const Registration&) = default;
};

enum class Registered : std::uint8_t { new_session, new_client, known, too_late, too_late_known };

// What the store did when a session was ended.
struct Ending {
  bool already = false;  // it had ended before: same participants, nothing new was enqueued
  Session session{};
  bool lacks_participants = false;  // the session comes without its participants, or without some of them
  friend bool operator==(const Ending&, const Ending&) = default;
};

}  // namespace slo
