// SPDX-License-Identifier: BSD-2-Clause
// Which session an application's cookie belongs to, and which cookies of applications a session remembers.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/app/bound_cookie.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// Whose each of them is, in their order; nullopt: nobody's. One round trip, and none for no cookie.
Exchange<std::vector<std::optional<CookieOwner>>> owners_of(const Space&, const std::vector<CookieDigest>&);
// Claims each of them that is nobody's for `owner`; says whose each is from now on. An owner keeps its cookie
// as long as it is remembered: it is not another's before `life` is over, which the owner alone prolongs, and
// nobody shortens. Attributes that were not known are filled in by who claims it for the same owner. May be
// repeated. On a full server nothing is claimed or filled in (store_full).
Exchange<std::vector<CookieOwner>> own(const Space&, const CookieOwner& owner,
                                       const std::vector<CookieDigest>&, Seconds life);

// A session remembers so many cookies, of all applications together.
inline constexpr std::size_t max_remembered_cookies = 64;
// Who says that it is the application's? A request may bring whatever its browser, or a thief, puts into it.
enum class SeenIn { answer, request };
// Remembers cookies of one application with the session, for `life` at least, and those whose value is sealed
// 30 days longer, for a call may still be owed. A value of a name that is remembered replaces it, seen in an
// answer, and what is remembered already stays as it is. Beyond 64 the oldest others go; of more than 64 at
// once, the first. One seen in a request takes no other's place. May be repeated. On a full server nothing is
// written (store_full). REQUIRES: application.value and the names hold no separator; a digest has 16 bytes.
Exchange<bool> keep_cookies(const Space&, const SessionKey&, const ClientId& application,
                            const std::vector<BoundCookie>&, Seconds life, SeenIn seen_in = SeenIn::answer);
// What the session remembers of this application: one for each name, the newest first.
Exchange<std::vector<BoundCookie>> cookies_of(const Space&, const SessionKey&, const ClientId& application);
// Of all applications, by application, oldest first; without what could tell a value.
Exchange<std::vector<RememberedCookie>> remembered_cookies(const Space&, const SessionKey&);

// Forgets those that the application was told of, but what has come under their names since then stays: it
// was not told of that. May be repeated. Works on a full server.
Exchange<bool> forget_cookies(const Space&, const SessionKey&, const ClientId& application,
                              const std::vector<BoundCookie>& told);

}  // namespace slo::redis
