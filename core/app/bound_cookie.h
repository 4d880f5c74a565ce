// SPDX-License-Identifier: BSD-2-Clause
// Whose an application's cookie is: the SSO session that its value was first seen with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/names.h"
#include "core/provider/provider.h"

namespace slo {

// What a request tells of its SSO session.
struct SessionNames {
  std::string sid{}, sub{};
  std::optional<TimeS> since{};
  friend bool operator==(const SessionNames&, const SessionNames&) = default;
};

struct CookieOwner {
  SessionKey key{};
  SessionNames names{};
  std::string attributes{};  // write_attributes() of its cookie; empty: not known
  friend bool operator==(const CookieOwner&, const CookieOwner&) = default;
};

// A cookie of an application as its session remembers it.
struct BoundCookie {
  std::string name{};
  CookieDigest digest{};
  std::string sealed{};  // seal_value() of its value; empty where nobody needs the value back
  friend bool operator==(const BoundCookie&, const BoundCookie&) = default;
};

// The same for who is to see what is remembered, and not with which value.
struct RememberedCookie {
  ClientId application{};
  std::string name{};
  TimeS since{};  // when it was first bound
  friend bool operator==(const RememberedCookie&, const RememberedCookie&) = default;
};

// What stands for `name=value`. Spellings that servers read alike (cookie_spelling.h) have one digest.
CookieDigest digest_app_cookie(const Provider& provider, std::string_view name, std::string_view value);

// Can a request carry it? No control characters, and nothing that would begin another cookie.
bool may_be_sent(std::string_view name, std::string_view value);

// The session's key: its sid; else `~` and a digest of sub and since, or of sub and the cookie where nobody
// says since when.
SessionKey key_of(const SessionNames& names, const CookieDigest& cookie);

// Is the owner's session the request's, as far as both tell? By their sids where both have one, else by their
// subs; where there is nothing to compare, yes.
bool is_same_session(const SessionNames& owner, const SessionNames& request);

// Does it name a session, by names that may be stored?
bool is_storable(const SessionNames& names) noexcept;

}  // namespace slo
